#include "harness/train/algorithm.hpp"

#include <cmath>
#include <limits>

namespace xib {
namespace {

// D² (Tang, Lian, Yan, Zhang, Liu, "D²: Decentralized Training over Decentralized Data", ICML 2018), each step with its own rate:
//   x^(t+1) = W (2 x^t - x^(t-1) - γ_t d^t + γ_(t-1) d^(t-1)),  the first step as D-SGD
// computed from what the step before led to, s^t = x^t - γ_t d^t:  x^(t+1) = W (s^t + (x^t - s^(t-1))). W is whatever the policy mixes.
// d is the gradient, with momentum the node's own momentum step, as "D² + momentum" of epfml/relaysgd has it. For modes of W with an
// eigenvalue a the recursion is z² = a (2 z - 1), which decays for a in (-1/3, 1) only.
class D2 final : public Algorithm {
 public:
  explicit D2(const AlgorithmSetup& setup) : stepped_(setup.nodes, setup.dim, setup.device) {
    std::vector<float> marked(setup.dim, 0.0f);
    marked[0] = kNotYet;
    for (int k = 0; k < setup.nodes; ++k) stepped_.write_row(k, marked);
  }

  void step(StepContext& c) override {
    compute_gradients(c);
    first_.resize(static_cast<std::size_t>(c.x.count()));
    stepped_.read_column(0, first_);
    for (int k = 0; k < c.x.count(); ++k)
      if (std::isnan(first_[static_cast<std::size_t>(k)])) stepped_.copy_row(k, c.x, k);
    c.optimizer.move(c.x, c.g, c.pool, D2Move{static_cast<float>(c.at.lr), stepped_.data()});
    c.watch.lap(Part::update);
    c.communicated = c.consensus.communicate(c.x, c.g, c.gradient_norm2, c.at, c.watch);
  }

  std::vector<std::pair<std::string, NodeMatrix*>> state() override { return {{"stepped", &stepped_}}; }

 private:
  static constexpr float kNotYet = std::numeric_limits<float>::quiet_NaN();
  NodeMatrix stepped_;  // s of the step before; begins with kNotYet where there was none, which a checkpoint keeps
  std::vector<float> first_;  // column of it
};

}  // namespace

std::unique_ptr<Algorithm> make_d2(const AlgorithmSetup& setup) { return std::make_unique<D2>(setup); }

}  // namespace xib
