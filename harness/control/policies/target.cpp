#include "harness/control/policies/policies.hpp"

#include "harness/control/rounds_to_target.hpp"
#include "harness/core/check.hpp"

#include <algorithm>
#include <cmath>

namespace xib {
namespace {

// Holds Ξ at or below a constant.
class Target final : public ConsensusPolicy {
 public:
  Target(double target, int max_rounds) : target_(target), max_rounds_(max_rounds) {}
  Needs needs() const override { return {.gram = true}; }
  Decision decide(const ConsensusView& view) override { return mix_to(target_, view, max_rounds_); }

 private:
  double target_;
  int max_rounds_;
};

// Holds Ξ at or below a fraction of its largest value in the first `steps` steps of the phase, which run as plain D-SGD.
class FractionOfStart final : public ConsensusPolicy {
 public:
  FractionOfStart(double fraction, std::int64_t steps, int max_rounds) : fraction_(fraction), steps_(steps), max_rounds_(max_rounds) {}
  Needs needs() const override { return {.gram = true}; }
  Decision decide(const ConsensusView& view) override {
    if (view.phase_step >= steps_) return mix_to(fraction_ * largest_, view, max_rounds_);
    const double after = rounds_to_target(view.gram, *view.schedule, view.round, -1, 1).distance;
    largest_ = std::max(largest_, after);
    return {.rounds = 1};
  }
  std::vector<double> state() const override { return {largest_}; }
  void restore(std::span<const double> state) override { largest_ = state[0]; }

 private:
  double fraction_;
  std::int64_t steps_;
  int max_rounds_;
  double largest_ = 0;
};

double positive(Arguments& arguments, std::string_view name, std::string_view policy) {
  const double value = arguments.number(name);
  require(value > 0, "{}: {} is {}, and a distance is positive; for exact averaging write exact", policy, name, value);
  return value;
}

}  // namespace

Decision mix_to(double target, const ConsensusView& view, int max_rounds) {
  // Rows differ by whole units in the last place near consensus; four of them on every parameter is what mixing in float can keep.
  const double floor = 4 * std::ldexp(1.0, -24) * view.mean_model_norm;
  if (!(target >= floor))
    fail("step {}: the target distance {:.3g} is below {:.3g}, what 32-bit floats resolve at this size of the model: raise it, or use exact",
         view.step, target, floor);
  const auto [rounds, reached, distance] = rounds_to_target(view.gram, *view.schedule, view.round, target, max_rounds);
  return {.reached = reached, .rounds = rounds, .target = target};
}

std::unique_ptr<ConsensusPolicy> make_target(Arguments& arguments, const PolicyContext& context) {
  return std::make_unique<Target>(positive(arguments, "distance", "target"), context.max_rounds);
}

std::unique_ptr<ConsensusPolicy> make_fraction(Arguments& arguments, const PolicyContext& context) {
  const double fraction = positive(arguments, "f", "fraction");
  return std::make_unique<Target>(fraction * context.reference_distance, context.max_rounds);
}

std::unique_ptr<ConsensusPolicy> make_fraction_of_start(Arguments& arguments, const PolicyContext& context) {
  const double fraction = positive(arguments, "f", "fraction-of-start");
  const auto steps = arguments.integer("steps", 20);
  require(steps >= 1, "fraction-of-start: steps is {}, and at least 1 step measures the distance", steps);
  return std::make_unique<FractionOfStart>(fraction, steps, context.max_rounds);
}

}  // namespace xib
