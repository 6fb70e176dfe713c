#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/core/stopwatch.hpp"
#include "harness/mix/node_layout.hpp"
#include "harness/record/row_log.hpp"
#include "harness/record/rows.hpp"
#include "harness/record/step_totals.hpp"
#include "harness/train/algorithm.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace xib {

// Bytes of rows that rank 0 keeps in memory, where there is a row log, and that the ranks collect between two sync points.
inline constexpr std::size_t kRowsInMemory = std::size_t{8} << 20;

// Collects a run's rows. step() is local and cheap; gather() brings the numbers of other ranks (losses, gradient norms, times) to rank 0.
class Recorder {
 public:
  // `record`: on rank 0 the rows of earlier attempts that are not in the log, or empty; other ranks ignore it. warmup_epochs: of the learning rate; the steps
  // of the warm-up get a flag. log: on rank 0 where rows go when memory holds enough of them; none: all rows stay in memory.
  Recorder(Communicator& communicator, const NodeLayout& layout, double warmup_epochs, RunRecord record, std::int16_t attempt,
           std::unique_ptr<RowLog> log = nullptr);

  void step(const StepContext& context);
  void evaluation(EvaluationRow row);  // of the step recorded last
  void close_step(Stopwatch& watch);   // adds the time since step() (evaluation, checkpoint, sync point) to that step's record_s
  // Collective. Brings all rows to rank 0. Returns the run's first step whose training loss is not finite, or -1. All ranks get the same answer, and an
  // interruption after that step does not change it.
  std::int64_t gather();

  // On rank 0, complete up to the last gather(), but without the steps that are in the log. The last step is always here, because its time may go on.
  RunRecord& record() { return record_; }
  std::int64_t most_steps_at_once() const;  // between two gathers, so that the rows of all ranks fit into memory

  // Rank 0. Brings all rows but the last to the log and the disk. Returns what a checkpoint has to remember beside the rows and evaluations that the log does
  // not have.
  std::vector<RowPart> save_rows();
  std::size_t saved_evaluations() const { return log_ ? static_cast<std::size_t>(log_->evaluations()) : 0; }
  StepTotals totals() const;                        // of all steps
  const RowLog* log() const { return log_.get(); }  // null: there is none

 private:
  std::size_t row_bytes() const;
  void spill();
  Communicator& communicator_;
  NodeLayout layout_;
  double warmup_epochs_;
  RunRecord record_;
  std::int16_t attempt_;
  std::unique_ptr<RowLog> log_;
  double start_, train_seconds_ = 0;
  std::int64_t before_ns_ = 0, wire_bytes_ = 0, bad_ = -1;
  std::vector<StepRow> rows_;    // since the last gather; rank 0's have its own times
  std::vector<float> distance_;  // rows x nodes, rank 0
  std::vector<double> mine_;     // rows x (2 x local nodes + 4): losses, norms², compute, mix, wait, wire bytes
};

}  // namespace xib
