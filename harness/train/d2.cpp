#include "harness/train/algorithm.hpp"

#include "harness/core/check.hpp"

#include <algorithm>
#include <cmath>

namespace xib {
namespace {

// D² (Tang, Lian, Yan, Zhang, Liu, "D²: Decentralized Training over Decentralized Data", ICML 2018), each step with its own rate:
//   x^(t+1) = W (2 x^t - x^(t-1) - γ_t d^t + γ_(t-1) d^(t-1)),  the first step as in D-SGD
// With s^t = x^t - γ_t d^t, the result of a local step, this is x^(t+1) = W (s^t + (x^t - s^(t-1))). The policy chooses W. d is the gradient, or with momentum
// the node's own momentum step, as in "D² + momentum" of epfml/relaysgd. For modes of W with an eigenvalue a the recursion is z² = a (2 z - 1), which decays
// only for a in (-1/3, 1).
class D2 final : public Algorithm {
 public:
  explicit D2(const AlgorithmSetup& setup) : stepped_(setup.nodes, setup.dim, setup.device) {}

  void step(StepContext& c) override {
    compute_gradients(c);
    for (int k = 0; k < c.x.count() && has_stepped_ == 0; ++k) stepped_.copy_row(k, c.x, k);
    has_stepped_ = 1;
    c.optimizer.move(c.x, c.g, c.pool, D2Move{static_cast<float>(c.at.lr), stepped_.data()});
    c.watch.lap(Part::update);
    c.communicated = c.consensus.communicate(c.x, c.g, c.gradient_norm2, c.at, c.watch);
  }

  KeptState state() override { return {.rows = {{"stepped", &stepped_}}, .numbers = {{"has_stepped", {&has_stepped_, 1}}}}; }

 private:
  NodeMatrix stepped_;      // s of the step before
  double has_stepped_ = 0;  // 0: there was none
};

// Checks that W is the same in every step, symmetric, with eigenvalues above -1/3. With exact averaging in every step nothing can grow. With exact averaging in
// every second step, the growth of one step is averaged away in the next. With rarer averaging the growth is faster than the averaging.
void check_phase(const AlgorithmSettings::Phase& phase, const AlgorithmSettings& settings) {
  constexpr double kAbove = -1.0 / 3;
  const Term policy = Term::parse(phase.policy, "control.policy");
  Arguments arguments(policy, "control.policy");
  const std::int64_t every = policy.name == "exact-every" ? arguments.integer("k") : 1;
  if (policy.name == "exact" || (policy.name == "exact-every" && every <= 1)) return;
  require(every <= 2, Key{"control.policy"}, "d2 diverges where {} averages exactly and gossips in between; use exact-every(2), or rounds(q)", phase.policy);
  require(phase.one_symmetric, Key{"topology.name"},
          "d2 diverges unless every step mixes with the same symmetric W, and {} with {} weights does not; use an undirected graph "
          "that does not change",
          phase.topology, phase.weights);
  const double rounds = policy.name == "rounds"                  ? static_cast<double>(arguments.integer("q", 1))
                        : policy_info(phase.policy).holds_target ? static_cast<double>(settings.min_rounds)
                                                                 : 1;
  const double smallest = std::pow(phase.lambda_min(), std::max(rounds, 1.0));  // of W^q
  require(!(smallest <= kAbove + 1e-9), Key{"train.algorithm"},
          "d2 needs eigenvalues of W above {:.4g} (others grow), and {} with {} weights has {:.4g} at {} nodes; set topology.weights = \"{}\"", kAbove,
          phase.topology, phase.weights, smallest, settings.nodes, phase.weights == "uniform" ? "lazy" : "lazy-" + phase.weights);
}

}  // namespace

extern const AlgorithmInfo kD2{
    .name = "d2",
    .help = "D²: D-SGD that corrects each step by the previous gradient, so that heterogeneous data cause no bias",
    .linear_only = "it takes back what the gradient before did, as far as that went",
    .matrices = 1,
    .check =
        [](Arguments&, const AlgorithmSettings& settings, Problems& problems) {
          for (const auto& phase : settings.phases) problems.attempt([&] { check_phase(phase, settings); });
        },
    .make = [](Arguments&, const AlgorithmSetup& setup) -> std::unique_ptr<Algorithm> { return std::make_unique<D2>(setup); },
};

}  // namespace xib
