#include "harness/train/algorithm.hpp"

namespace xib {
namespace {

// Centralized mini-batch SGD: x <- x - γ (1/n) Σ g_i. All nodes hold the same model to the last bit, because all make the same update.
class Centralized final : public Algorithm {
 public:
  void step(StepContext& c) override {
    compute_gradients(c);
    c.consensus.statistics().average(c.g);
    c.watch.lap(Part::mix);
    c.optimizer.step(c.x, c.g, c.at.lr, c.pool);
    c.watch.lap(Part::update);
    c.communicated = c.consensus.observe(c.x, c.at, c.watch);
    c.communicated.bytes = c.consensus.statistics().average_bytes();
    c.exact_gradients = true;
  }
};

}  // namespace

extern const AlgorithmInfo kCentralized{
    .name = "centralized",
    .help = "mini-batch SGD: gradients averaged exactly in every step (all-reduce)",
    .uses_policy = false,
    .make = [](Arguments&, const AlgorithmSetup&) -> std::unique_ptr<Algorithm> { return std::make_unique<Centralized>(); },
};

}  // namespace xib
