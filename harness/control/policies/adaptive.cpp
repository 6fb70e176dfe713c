#include "harness/control/policies/policies.hpp"

#include "harness/core/check.hpp"
#include "harness/core/text.hpp"

#include <cmath>

namespace xib {
namespace {

// Target s · φ_ema, φ_ema <- β φ_ema + (1 - β) φ with φ = sqrt((1/n) Σ ‖g_i‖²). φ_ema starts at the first φ of the phase, or, where it is
// the run's, goes on from where the last phase under this policy left it; phases under other policies do not move it.
// Kong et al. 2021, adaptive consensus control (status of this form: unverified; the paper does not say what happens to φ_ema between phases).
class Adaptive final : public ConsensusPolicy {
 public:
  Adaptive(double s, double beta, bool of_run, RoundLimits limits) : s_(s), beta_(beta), of_run_(of_run), limits_(limits) {}
  Needs needs() const override { return {.gram = true, .gradient_norm = true}; }
  void follow(const ConsensusPolicy& earlier) override {
    if (const auto* same = dynamic_cast<const Adaptive*>(&earlier)) last_ = same;
  }
  Decision decide(const ConsensusView& view) override {
    if (std::isnan(average_) && of_run_ && last_) average_ = last_->average_;
    average_ = std::isnan(average_) ? view.gradient_norm : beta_ * average_ + (1 - beta_) * view.gradient_norm;
    return mix_to(s_ * average_, view, limits_);
  }
  std::vector<double> state() const override { return {average_}; }
  void restore(std::span<const double> state) override { average_ = state[0]; }

 private:
  double s_, beta_;
  bool of_run_;
  RoundLimits limits_;
  const Adaptive* last_ = nullptr;  // of the last phase before this one that is under this policy
  double average_ = kNaN;
};

}  // namespace

std::unique_ptr<ConsensusPolicy> make_adaptive(Arguments& arguments, const PolicyContext& context) {
  const double s = arguments.number("s"), beta = arguments.number("beta", 0.95);
  const std::string average = arguments.text("average", "phase");
  require(s > 0, "adaptive: s is {}, and the target s · φ has to be positive", s);
  require(beta >= 0 && beta < 1, "adaptive: beta is {}, and a moving average needs 0 <= beta < 1", beta);
  require(average == "phase" || average == "run",
          "adaptive: average is '{}': write average = phase or average = run (phase restarts the average in each phase)", printable(average));
  return std::make_unique<Adaptive>(s, beta, average == "run", limits_of(context));
}

}  // namespace xib
