#include "harness/control/policies/policies.hpp"

#include "harness/core/check.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace xib {
namespace {

// Holds Ξ at or below a constant.
class Target final : public ConsensusPolicy {
 public:
  Target(double target, RoundLimits limits) : target_(target), limits_(limits) {}
  Needs needs() const override { return {.gram = true}; }
  Decision decide(const ConsensusView& view) override { return mix_to(target_, view, limits_); }

 private:
  double target_;
  RoundLimits limits_;
};

// Holds Ξ at or below a fraction of its largest value in the first `steps` steps of the phase, which run as plain D-SGD: one round whatever
// min_rounds says.
class FractionOfStart final : public ConsensusPolicy {
 public:
  FractionOfStart(double fraction, std::int64_t steps, RoundLimits limits) : fraction_(fraction), steps_(steps), limits_(limits) {}
  Needs needs() const override { return {.gram = true}; }
  Decision decide(const ConsensusView& view) override {
    starting_ = view.phase_step < steps_;
    if (!starting_) return mix_to(fraction_ * largest_, view, limits_);
    if (view.method != Method::Kind::predicted) return {.rounds = 1, .measured = true, .most = 1};
    const double after = rounds_to_target(view.gram, *view.schedule, view.round, -1, {.least = 1, .most = 1}).distance;
    largest_ = std::max(largest_, after);
    return {.rounds = 1};
  }
  bool predicts(std::int64_t phase_step) const override { return phase_step >= steps_; }
  void mixed(double distance) override {
    if (starting_) largest_ = std::max(largest_, distance);
  }
  std::vector<double> state() const override { return {largest_}; }
  void restore(std::span<const double> state) override { largest_ = state[0]; }

 private:
  double fraction_;
  std::int64_t steps_;
  RoundLimits limits_;
  double largest_ = 0;
  bool starting_ = false;  // the step at hand is one of the first
};

double positive(Arguments& arguments, std::string_view name, std::string_view policy) {
  const double value = arguments.number(name);
  require(value > 0, "{}: {} is {}, and a distance is positive; for exact averaging write exact", policy, name, value);
  return value;
}

}  // namespace

Decision mix_to(double target, const ConsensusView& view, RoundLimits limits) {
  // Rows differ by whole units in the last place near consensus; four of them on every parameter is what mixing in float can keep.
  const double floor = 4 * std::ldexp(1.0, -24) * view.mean_model_norm;
  if (!(target >= floor))
    fail("step {}: the target distance {:.3g} is below {:.3g}, the resolution of 32-bit floats for models of this size: raise it, or use exact", view.step,
         target, floor);
  Decision decision{.target = target, .least = limits.least, .most = limits.most};
  if (view.method == Method::Kind::loop) {
    decision.rounds = limits.least;
    decision.measured = true;
    return decision;
  }
  const auto rounding = view.method == Method::Kind::gram ? std::optional(Rounding(view.gram, view.mean_model_norm, view.dim)) : std::nullopt;
  const auto found = rounds_to_target(view.gram, *view.schedule, view.round, target, limits, rounding ? &*rounding : nullptr);
  decision.rounds = found.rounds;
  decision.reached = found.reached;
  decision.measured = !found.sure;
  return decision;
}

std::unique_ptr<ConsensusPolicy> make_target(Arguments& arguments, const PolicyContext& context) {
  return std::make_unique<Target>(positive(arguments, "distance", "target"), limits_of(context));
}

std::unique_ptr<ConsensusPolicy> make_fraction(Arguments& arguments, const PolicyContext& context) {
  const double fraction = positive(arguments, "f", "fraction");
  return std::make_unique<Target>(fraction * context.reference_distance, limits_of(context));
}

std::unique_ptr<ConsensusPolicy> make_fraction_of_start(Arguments& arguments, const PolicyContext& context) {
  const double fraction = positive(arguments, "f", "fraction-of-start");
  const auto steps = arguments.integer("steps", 20);
  require(steps >= 1, "fraction-of-start: steps is {}, and at least 1 step measures the distance", steps);
  return std::make_unique<FractionOfStart>(fraction, steps, limits_of(context));
}

}  // namespace xib
