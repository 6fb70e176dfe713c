#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/core/stopwatch.hpp"
#include "harness/mix/node_layout.hpp"
#include "harness/record/rows.hpp"
#include "harness/train/algorithm.hpp"

#include <cstdint>
#include <vector>

namespace xib {

// Collects a run's rows. step() is local and cheap; gather() brings the numbers of other ranks (losses, gradient norms, times) to rank 0.
class Recorder {
 public:
  // `record`: on rank 0 the rows of earlier attempts, or empty; other ranks ignore it. warmup_epochs: of the learning rate; the steps of the warm-up get a
  // flag.
  Recorder(Communicator& communicator, const NodeLayout& layout, double warmup_epochs, RunRecord record, std::int16_t attempt);

  void step(const StepContext& context);
  void evaluation(EvaluationRow row);  // of the step recorded last
  void close_step(Stopwatch& watch);   // adds the time since step() (evaluation, checkpoint, sync point) to that step's record_s
  // Collective. Brings all rows to rank 0. Returns the run's first step whose training loss is not finite, or -1. All ranks get the same answer, and an
  // interruption after that step does not change it.
  std::int64_t gather();

  RunRecord& record() { return record_; }  // on rank 0, complete up to the last gather()

 private:
  Communicator& communicator_;
  NodeLayout layout_;
  double warmup_epochs_;
  RunRecord record_;
  std::int16_t attempt_;
  double start_, train_seconds_ = 0;
  std::int64_t before_ns_ = 0, wire_bytes_ = 0, bad_ = -1;
  std::vector<StepRow> rows_;    // since the last gather; rank 0's have its own times
  std::vector<float> distance_;  // rows x nodes, rank 0
  std::vector<double> mine_;     // rows x (2 x local nodes + 4): losses, norms², compute, mix, wait, wire bytes
};

}  // namespace xib
