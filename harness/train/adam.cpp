#include "harness/core/check.hpp"
#include "harness/train/optimizer.hpp"

namespace xib {
namespace {

enum class Decay { coupled, decoupled };

// β^t by squaring: std::pow() may round otherwise on another CPU.
double power(double base, std::int64_t exponent) {
  double result = 1;
  for (; exponent > 0; exponent /= 2, base *= base)
    if (exponent % 2 == 1) result *= base;
  return result;
}

// Adam (Kingma and Ba, ICLR 2015, algorithm 1): with train.weight_decay in the gradient. AdamW (Loshchilov and Hutter, ICLR 2019): with it beside, as
// PyTorch has it, γ λ x per step. Both moments and the number of steps are local, and never mixed.
class Adam final : public Optimizer {
 public:
  Adam(Arguments& arguments, const OptimizerSetup& setup, Decay decay)
      : beta1_(arguments.number("beta1", 0.9)),
        beta2_(arguments.number("beta2", 0.999)),
        epsilon_(arguments.number("epsilon", 1e-8)),
        weight_decay_(static_cast<float>(setup.options.weight_decay)),
        decay_(decay),
        m_(setup.nodes, setup.dim, setup.device),
        v_(setup.nodes, setup.dim, setup.device) {
    for (const auto& [name, beta] : {std::pair("beta1", beta1_), {"beta2", beta2_}})
      require(beta >= 0 && static_cast<float>(beta) < 1, Key{"train.optimizer"}, "{} = {} is not a decay rate: write a number from 0 to below 1", name, beta);
    require(epsilon_ > 0 && static_cast<float>(epsilon_) >= 1e-37f, Key{"train.optimizer"},
            "epsilon = {} would give 0/0 for a parameter without gradient: write a number of at least 1e-37", epsilon_);
  }

  Direction direction() override {
    ++steps_;
    const auto steps = static_cast<std::int64_t>(steps_);
    const auto single = [](double value) { return static_cast<float>(value); };
    return AdamDirection{.m = m_.data(),
                         .v = v_.data(),
                         .beta1 = single(beta1_),
                         .rest1 = single(1 - beta1_),
                         .beta2 = single(beta2_),
                         .rest2 = single(1 - beta2_),
                         .c1 = single(1 - power(beta1_, steps)),
                         .c2 = single(1 - power(beta2_, steps)),
                         .epsilon = single(epsilon_),
                         .coupled = decay_ == Decay::coupled ? weight_decay_ : 0,
                         .decoupled = decay_ == Decay::decoupled ? weight_decay_ : 0};
  }

  KeptState state() override { return {.rows = {{"first", &m_}, {"second", &v_}}, .numbers = {{"steps", {&steps_, 1}}}}; }

 private:
  double beta1_, beta2_, epsilon_;
  float weight_decay_;
  Decay decay_;
  NodeMatrix m_, v_;
  double steps_ = 0;
};

constexpr std::string_view kArguments = "beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8";
int two(const SgdOptions&) { return 2; }

}  // namespace

extern const OptimizerInfo kAdam{
    .name = "adam",
    .arguments = kArguments,
    .help = "Adam: steps along the averaged gradient divided by the root of the averaged square; train.weight_decay is added to the gradient",
    .own_momentum = true,
    .matrices = two,
    .make = [](Arguments& a, const OptimizerSetup& setup) -> std::unique_ptr<Optimizer> { return std::make_unique<Adam>(a, setup, Decay::coupled); },
};

extern const OptimizerInfo kAdamW{
    .name = "adamw",
    .arguments = kArguments,
    .help = "Adam with decoupled weight decay: a step shrinks x by the factor 1 - lr * train.weight_decay, apart from the gradients",
    .own_momentum = true,
    .matrices = two,
    .make = [](Arguments& a, const OptimizerSetup& setup) -> std::unique_ptr<Optimizer> { return std::make_unique<Adam>(a, setup, Decay::decoupled); },
};

}  // namespace xib
