#pragma once

#include "harness/control/controller.hpp"
#include "harness/sweep/interval.hpp"
#include "harness/sweep/run_config.hpp"
#include "harness/train/schedule.hpp"

#include <cstdint>
#include <vector>

namespace xib {

// The steps of a run, from 0: their epochs, phases (from 1) and learning rates, and after which of them the models are evaluated.
class Timeline {
 public:
  Timeline(const RunConfig& config, std::int64_t steps_per_epoch);
  std::int64_t steps() const { return steps_; }
  int phases() const { return static_cast<int>(begins_.size()); }
  std::int64_t begin_of(int phase) const { return begins_[static_cast<std::size_t>(phase - 1)]; }
  std::int64_t end_of(int phase) const { return phase < phases() ? begin_of(phase + 1) : steps_; }  // the first step after it
  std::int64_t steps_of(int phase) const { return end_of(phase) - begin_of(phase); }

  int phase_of(std::int64_t step) const;
  double epoch(std::int64_t step) const { return static_cast<double>(step) / static_cast<double>(steps_per_epoch_); }  // done before the step
  Position position(std::int64_t step) const;
  bool phase_ends(std::int64_t step) const { return step + 1 == end_of(phase_of(step)); }
  bool evaluation_due(std::int64_t step) const;  // after it

 private:
  LearningRate learning_rate_;
  Interval every_;  // evaluations
  std::int64_t steps_per_epoch_, steps_;
  std::vector<std::int64_t> begins_;  // of phases
};

}  // namespace xib
