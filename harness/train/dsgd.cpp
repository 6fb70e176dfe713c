#include "harness/train/algorithm.hpp"

namespace xib {
namespace {

// D-SGD (Kong et al. 2021, eq. 2): x_i <- Σ_j w_ij (x_j - γ d_j). The local step is first, then the gossip rounds of the policy (none, one, several, or exact
// averaging). With momentum d_j is the node's own momentum step.
class Dsgd final : public Algorithm {
 public:
  void step(StepContext& c) override {
    compute_gradients(c);
    const LocalStep local{.everywhere = [&] { c.optimizer.step(c.x, c.g, c.at.lr, c.pool); },
                          .by_columns = [&] { return c.optimizer.step_by_columns(c.x, c.g, c.at.lr); }};
    c.communicated = c.consensus.communicate(c.x, c.g, c.gradient_norm2, c.at, c.watch, &local);
  }
};

}  // namespace

extern const AlgorithmInfo kDsgd{
    .name = "dsgd",
    .help = "decentralized SGD: local step, then gossip as the consensus policy asks (adapt, then combine)",
    .make = [](Arguments&, const AlgorithmSetup&) -> std::unique_ptr<Algorithm> { return std::make_unique<Dsgd>(); },
};

}  // namespace xib
