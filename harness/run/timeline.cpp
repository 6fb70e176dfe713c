#include "harness/run/timeline.hpp"

#include <algorithm>

namespace xib {

Timeline::Timeline(const RunConfig& config, std::int64_t steps_per_epoch)
    : learning_rate_(config.train.schedule, config.train.lr, config.train.warmup_epochs, config.train.warmup_lr, config.train.epochs),
      every_(parse_interval(config.evaluation.every)),
      steps_per_epoch_(steps_per_epoch),
      steps_(steps_per_epoch * config.train.epochs),
      begins_{0} {
  for (const auto epoch : config.train.phases.empty() ? learning_rate_.drops() : config.train.phases) begins_.push_back(epoch * steps_per_epoch);
}

int Timeline::phase_of(std::int64_t step) const { return static_cast<int>(std::upper_bound(begins_.begin(), begins_.end(), step) - begins_.begin()); }

Position Timeline::position(std::int64_t step) const {
  Position at{.step = step, .phase = phase_of(step), .lr_max = learning_rate_.peak()};
  at.phase_step = step - begin_of(at.phase);
  at.epoch = epoch(step);
  at.lr = learning_rate_.at(at.epoch);
  return at;
}

bool Timeline::evaluation_due(std::int64_t step) const {
  if (phase_ends(step)) return true;
  if (every_.unit == Interval::Unit::phase_ends) return false;
  return (step + 1) % (every_.unit == Interval::Unit::epochs ? every_.count * steps_per_epoch_ : every_.count) == 0;
}

}  // namespace xib
