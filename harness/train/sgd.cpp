#include "harness/train/optimizer.hpp"

namespace xib {
namespace {

// SGD with momentum, as PyTorch defines it: d = g + λ x;  v = μ v + d;  d = nesterov ? d + μ v : v
class Sgd final : public Optimizer {
 public:
  explicit Sgd(const OptimizerSetup& setup) : options_(setup.options), velocity_(options_.momentum != 0 ? setup.nodes : 0, setup.dim, setup.device) {}

  Direction direction() override {
    const auto mu = static_cast<float>(options_.momentum), lambda = static_cast<float>(options_.weight_decay);
    if (options_.momentum == 0) return GradientDirection{lambda};
    if (options_.nesterov) return NesterovDirection{velocity_.data(), mu, lambda};
    return MomentumDirection{velocity_.data(), mu, lambda};
  }

  KeptState state() override {
    if (options_.momentum == 0) return {};
    return {.rows = {{"velocity", &velocity_}}};
  }

 private:
  SgdOptions options_;
  NodeMatrix velocity_;
};

}  // namespace

extern const OptimizerInfo kSgd{
    .name = "sgd",
    .help = "SGD with train.momentum, train.nesterov and train.weight_decay, as PyTorch defines it",
    .linear = true,
    .matrices = [](const SgdOptions& options) { return options.momentum != 0 ? 1 : 0; },
    .make = [](Arguments&, const OptimizerSetup& setup) -> std::unique_ptr<Optimizer> { return std::make_unique<Sgd>(setup); },
};

}  // namespace xib
