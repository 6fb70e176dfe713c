#include "harness/train/algorithm.hpp"

#include "harness/core/check.hpp"

namespace xib {
namespace {

// Stochastic gradient push (Assran, Loizou, Ballas, Rabbat, ICML 2019, algorithm 1): D-SGD with a W whose columns sum to 1 and whose rows may not, such as on
// any directed graph. Besides its parameters x_i a node mixes a number w_i, which is 1 at first:
//   x_i <- x_i - γ d_i(z_i);   x <- W x;   w <- W w;   z_i = x_i / w_i
// The models of a run are the de-biased z_i: gradients, momentum and weight decay are taken there, and evaluations use them. So a local step is
// z_i - (γ / w_i) d_i, and mixing works on z (mix/push_sum.hpp). If W is doubly stochastic, w stays 1, and the algorithm is dsgd.
class Sgp final : public Algorithm {
 public:
  explicit Sgp(const AlgorithmSetup& setup) : rates_(setup.nodes, 1, setup.device), known_(static_cast<std::size_t>(setup.nodes)) {}

  void step(StepContext& c) override {
    compute_gradients(c);
    const auto w = c.consensus.push_sum_weights(c.at);
    for (int k = 0; k < c.x.count(); ++k) {
      const auto rate = static_cast<float>(w.empty() ? c.at.lr : c.at.lr / w[static_cast<std::size_t>(k)]);
      if (float& known = known_[static_cast<std::size_t>(k)]; known != rate) rates_.write_row(k, {&(known = rate), 1});
    }
    c.optimizer.move(c.x, c.g, c.pool, NodeRateMove{rates_.data(), rates_.stride()});
    c.watch.lap(Part::update);
    c.communicated = c.consensus.communicate(c.x, c.g, c.gradient_norm2, c.at, c.watch);
  }

 private:
  NodeMatrix rates_;          // γ / w_i, a number per node
  std::vector<float> known_;  // copy of rates_ on the host
};

// Checks the policies. The weights of push-sum follow from whole rounds. After the first round, exact averaging would have to average the x_i instead of the
// models, and w would start again at 1.
void check_phases(const AlgorithmSettings& settings) {
  bool has_gossiped = false;
  for (const auto& phase : settings.phases) {
    require(phase.keeps_sum, Key{"topology.weights"},
            "sgp needs a W whose columns sum to 1, and {} with {} weights does not have one; set weights = \"push-sum\"", phase.topology, phase.weights);
    const std::string policy = Term::parse(phase.policy, "control.policy").name;
    require(policy != "exact-every" && policy != "dsgd-ac", Key{"control.policy"},
            "sgp mixes whole rounds of gossip, or averages exactly before all gossip, and {} does neither; use rounds(q), or a policy that holds a "
            "target",
            phase.policy);
    require(policy != "exact" || !has_gossiped, Key{"control.policy"},
            "sgp averages exactly before its first gossip only (its weights are not 1 after it); use rounds(q) in the later phases");
    has_gossiped = has_gossiped || policy != "exact";
  }
}

}  // namespace

extern const AlgorithmInfo kSgp{
    .name = "sgp",
    .help = "stochastic gradient push: D-SGD on directed graphs, with weights that correct for nodes that the graph favours (push-sum)",
    .takes_column_stochastic = true,
    .check = [](Arguments&, const AlgorithmSettings& settings, Problems& problems) { problems.attempt([&] { check_phases(settings); }); },
    .make = [](Arguments&, const AlgorithmSetup& setup) -> std::unique_ptr<Algorithm> { return std::make_unique<Sgp>(setup); },
};

}  // namespace xib
