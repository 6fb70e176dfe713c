#include "harness/control/policies/policies.hpp"

#include "harness/core/check.hpp"

#include <cmath>

namespace xib {
namespace {

// Target s · φ_ema, φ_ema <- β φ_ema + (1 - β) φ with φ = sqrt((1/n) Σ ‖g_i‖²); φ_ema starts at the first φ.
// Kong et al. 2021, adaptive consensus control (status of this form: unverified).
class Adaptive final : public ConsensusPolicy {
 public:
  Adaptive(double s, double beta, RoundLimits limits) : s_(s), beta_(beta), limits_(limits) {}
  Needs needs() const override { return {.gram = true, .gradient_norm = true}; }
  Decision decide(const ConsensusView& view) override {
    average_ = std::isnan(average_) ? view.gradient_norm : beta_ * average_ + (1 - beta_) * view.gradient_norm;
    return mix_to(s_ * average_, view, limits_);
  }
  std::vector<double> state() const override { return {average_}; }
  void restore(std::span<const double> state) override { average_ = state[0]; }

 private:
  double s_, beta_;
  RoundLimits limits_;
  double average_ = kUnknown;
};

}  // namespace

std::unique_ptr<ConsensusPolicy> make_adaptive(Arguments& arguments, const PolicyContext& context) {
  const double s = arguments.number("s"), beta = arguments.number("beta", 0.95);
  require(s > 0, "adaptive: s is {}, and the target s · φ has to be positive", s);
  require(beta >= 0 && beta < 1, "adaptive: beta is {}, and a moving average needs 0 <= beta < 1", beta);
  return std::make_unique<Adaptive>(s, beta, limits_of(context));
}

}  // namespace xib
