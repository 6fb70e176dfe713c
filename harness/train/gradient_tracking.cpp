#include "harness/train/algorithm.hpp"

namespace xib {
namespace {

// Gradient tracking: every node holds an estimate y_i of the mean gradient, which is mixed by the same matrices as the models:
//   y^t = W y^(t-1) + d^t - d^(t-1),  y^0 = d^0;   x^(t+1) = W (x^t - γ_t y^t)
// Di Lorenzo and Scutari 2016 (NEXT, with exact steps) and Pu and Nedić 2021 (DSGT). The policy chooses W in each step, exact averaging included: y^t is mixed
// for the next step just as x^t - γ y^t was. d is the gradient, or with momentum the node's own momentum step (as in epfml/relaysgd, which tracks γ d instead).
// The traffic is twice that of D-SGD.
class GradientTracking final : public Algorithm {
 public:
  explicit GradientTracking(const AlgorithmSetup& setup) : tracker_(setup.nodes, setup.dim, setup.device), direction_(setup.nodes, setup.dim, setup.device) {}

  void step(StepContext& c) override {
    compute_gradients(c);
    c.optimizer.move(c.x, c.g, c.pool, TrackingMove{static_cast<float>(c.at.lr), tracker_.data(), direction_.data()});
    c.watch.lap(Part::update);
    c.communicated = c.consensus.communicate(c.x, c.g, c.gradient_norm2, c.at, c.watch);
    c.consensus.communicate_alike(tracker_, c.at, c.communicated, c.watch);
  }

  KeptState state() override { return {.rows = {{"tracker", &tracker_}, {"direction", &direction_}}}; }

 private:
  NodeMatrix tracker_, direction_;  // y, mixed; d of the step before
};

}  // namespace

extern const AlgorithmInfo kGradientTracking{
    .name = "gradient-tracking",
    .help = "local step along an estimate of the mean gradient, which is mixed like the models (DSGT); twice the traffic",
    .linear_only = "it would track the mean of the directions, not of the gradients",
    .matrices = 2,
    .make = [](Arguments&, const AlgorithmSetup& setup) -> std::unique_ptr<Algorithm> { return std::make_unique<GradientTracking>(setup); },
};

}  // namespace xib
