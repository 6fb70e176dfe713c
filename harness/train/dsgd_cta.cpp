#include "harness/train/algorithm.hpp"

namespace xib {
namespace {

// D-SGD that combines, then adapts (D-PSGD: Lian, Zhang, Zhang, Hsieh, Zhang, Liu 2017): x_i <- Σ_j w_ij x_j - γ d_i. The gradient is taken at x_i, so that
// gradient and gossip could run at the same time. The policy decides and mixes at the beginning of the step, so the recorded distances are those of the models
// after the previous step, before and after gossip. Weight decay is that of the mixed model, from which the step starts.
class DsgdCta final : public Algorithm {
 public:
  void step(StepContext& c) override {
    compute_gradients(c);
    c.communicated = c.consensus.communicate(c.x, c.g, c.gradient_norm2, c.at, c.watch);
    c.optimizer.step(c.x, c.g, c.at.lr, c.pool);
    c.watch.lap(Part::update);
  }
};

}  // namespace

extern const AlgorithmInfo kDsgdCta{
    .name = "dsgd-cta",
    .help = "D-SGD that gossips first and then steps along the gradient at the old model (combine, then adapt: D-PSGD)",
    .combines_first = true,
    .make = [](Arguments&, const AlgorithmSetup&) -> std::unique_ptr<Algorithm> { return std::make_unique<DsgdCta>(); },
};

}  // namespace xib
