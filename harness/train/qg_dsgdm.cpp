#include "harness/train/algorithm.hpp"

#include "harness/core/check.hpp"

namespace xib {
namespace {

// QG-DSGDm (Lin, Karimireddy, Stich, Jaggi, "Quasi-Global Momentum", ICML 2021, algorithm 1), with nesterov QG-DSGDm-N. Its momentum is not that of the node's
// own gradients, but that of the movement of its model, mixing included:
//   d_i = g_i + λ x_i;  m_i = μ m̂_i + d_i;  x_i' = x_i - γ (nesterov ? d_i + μ m_i : m_i);  gossip as the policy asks: x'' from x'
//   m̂_i <- μ m̂_i + (1 - μ) (x_i - x_i'') / γ
// Both places have the same μ, as in the paper's experiments; m̂ starts at 0 and is never mixed. epfml/quasi-global-momentum (decentralized_qg_sgd.py, whose
// factor is 1 - μ) and epfml/relaysgd do the same. If γ = 0 (the first step of a warm-up from 0), m̂ does not change.
class QgDsgdm final : public Algorithm {
 public:
  explicit QgDsgdm(const AlgorithmSetup& setup)
      : mu_(static_cast<float>(setup.sgd.momentum)),
        nesterov_(setup.sgd.nesterov),
        momentum_(setup.nodes, setup.dim, setup.device),
        start_(setup.nodes, setup.dim, setup.device) {}

  void step(StepContext& c) override {
    compute_gradients(c);
    const float rate = static_cast<float>(c.at.lr);
    c.optimizer.move(c.x, c.g, c.pool, QgMove{rate, mu_, nesterov_, momentum_.data(), start_.data()});
    c.watch.lap(Part::update);
    c.communicated = c.consensus.communicate(c.x, c.g, c.gradient_norm2, c.at, c.watch);
    if (rate == 0) return;
    apply(c.x, c.pool, QgMomentum{mu_, (1 - mu_) / rate, momentum_.data(), start_.data(), c.x.data()});
    c.watch.lap(Part::update);
  }

  KeptState state() override { return {.rows = {{"momentum", &momentum_}}}; }

 private:
  float mu_;
  bool nesterov_;
  NodeMatrix momentum_, start_;  // start_: x_i, within a step
};

}  // namespace

extern const AlgorithmInfo kQgDsgdm{
    .name = "qg-dsgdm",
    .help = "D-SGD with quasi-global momentum, the momentum of step and gossip together",
    .own_momentum = true,
    .linear_only = "its momentum is of how far the models moved, in units of the rate",
    .matrices = 2,
    .check =
        [](Arguments&, const AlgorithmSettings& settings, Problems&) {
          require(settings.momentum > 0, Key{"train.momentum"},
                  "qg-dsgdm is about momentum (without it, it is dsgd); set momentum > 0, or algorithm = \"dsgd\"");
        },
    .make = [](Arguments&, const AlgorithmSetup& setup) -> std::unique_ptr<Algorithm> { return std::make_unique<QgDsgdm>(setup); },
};

}  // namespace xib
