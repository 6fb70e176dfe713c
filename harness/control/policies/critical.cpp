#include "harness/control/policies/policies.hpp"

#include "harness/core/check.hpp"

#include <algorithm>
#include <cmath>

namespace xib {
namespace {

// Holds Ξ at `factor` times the critical consensus distance Γ_t² = γσ²/(Ln) + ‖∇f(x̄_t)‖²/(8L²) (Kong et al. 2021).
// A task that knows ∇f and σ² is asked for both at x̄_t. Elsewhere they are estimated from this step's n mini-batch gradients: with iid data
// E (1/n) Σ ‖g_i - ḡ‖² = (1 - 1/n) σ² and E ‖ḡ‖² = ‖∇f‖² + σ²/n. Where nodes have gradients of their own, the spread holds their
// ζ² = (1/n) Σ ‖∇f_i - ∇f‖² too, and Γ² is estimated as Γ² + ζ²/(n - 1) (γ/L - 1/(8L²)) (README.md).
class Critical final : public ConsensusPolicy {
 public:
  Critical(double factor, double L, bool exact_gradient, RoundLimits limits) : factor_(factor), L_(L), exact_gradient_(exact_gradient), limits_(limits) {}
  Needs needs() const override { return {.gram = true, .gradient_spread = !exact_gradient_, .full_gradient = exact_gradient_}; }
  Decision decide(const ConsensusView& view) override {
    const double n = view.nodes;
    const double sigma2 = exact_gradient_ ? view.gradient_variance : view.gradient_spread * n / std::max(n - 1, 1.0);
    const double gradient2 = exact_gradient_ ? view.full_gradient_norm2 : std::max(view.mean_gradient_norm2 - sigma2 / n, 0.0);
    const double critical = std::sqrt(view.lr * sigma2 / (L_ * n) + gradient2 / (8 * L_ * L_));
    Decision decision = mix_to(factor_ * critical, view, limits_);
    decision.critical = critical;
    return decision;
  }

 private:
  double factor_, L_;
  bool exact_gradient_;
  RoundLimits limits_;
};

}  // namespace

std::unique_ptr<ConsensusPolicy> make_critical(Arguments& arguments, const PolicyContext& context) {
  const double factor = arguments.number("factor", 1.0);
  const double L = arguments.number("L", context.L);
  require(factor > 0, "critical: factor is {}, and the target has to be positive", factor);
  require(!std::isnan(L), "critical: this task does not know L, the smoothness that the critical distance needs: write critical(L = ...)");
  require(L > 0, "critical: L is {}, and a smoothness constant is positive", L);
  return std::make_unique<Critical>(factor, L, context.full_gradient, limits_of(context));
}

}  // namespace xib
