#include "harness/run/vocabulary.hpp"

#include "datasets/dataset.hpp"
#include "datasets/partition.hpp"
#include "harness/control/gauge.hpp"
#include "harness/control/method.hpp"
#include "harness/control/policy.hpp"
#include "harness/core/check.hpp"
#include "harness/core/nan.hpp"
#include "harness/core/problems.hpp"
#include "harness/core/row_of.hpp"
#include "harness/graph/default_weights.hpp"
#include "harness/graph/mixing_matrix.hpp"
#include "harness/graph/topology_files.hpp"
#include "harness/graph/uses_seed.hpp"
#include "harness/run/accelerator.hpp"
#include "harness/run/evaluate.hpp"
#include "harness/run/gpu_memory.hpp"
#include "harness/run/known_graph.hpp"
#include "harness/run/run_size.hpp"
#include "harness/task/make_task.hpp"
#include "harness/task/models/models.hpp"
#include "harness/task/problems.hpp"
#include "harness/task/task_size.hpp"
#include "harness/train/algorithm.hpp"
#include "harness/train/optimizer.hpp"
#include "harness/train/schedule.hpp"

#include <algorithm>
#include <cmath>

namespace xib {
namespace {

void check_training(const RunConfig::Train& train, Problems& problems) {
  problems.attempt([&] { LearningRate(train.schedule, train.lr, train.warmup_epochs, train.warmup_lr, train.epochs); });
  problems.attempt([&] { check_optimizer(train.optimizer, {train.momentum, train.nesterov, train.weight_decay}); });
  const auto expect = [&](bool ok, std::string_view key, const std::string& problem) {
    if (!ok) problems.add(Key{key}, problem);
  };
  expect(train.warmup_epochs < static_cast<double>(train.epochs), "train.warmup_epochs",
         fmt::format("{} is not less than train.epochs, {}", train.warmup_epochs, train.epochs));
  expect(train.warmup_epochs == 0 || train.warmup_lr <= train.lr, "train.warmup_lr",
         fmt::format("a warm-up from {} to a peak of {} would go down", train.warmup_lr, train.lr));
  expect(!train.nesterov || train.momentum > 0, "train.nesterov", "needs train.momentum > 0: set nesterov = false");
  expect(train.device == "cpu" || cuda_problem().empty(), "train.device", cuda_problem());
  for (const auto epoch : train.phases)
    expect(epoch < train.epochs, "train.phases", fmt::format("a phase begins at epoch {}, and the run has {}", epoch, train.epochs));
}

// Steps, and the samples of all of them, are counted in 64 bits.
void check_length(const RunConfig& c) {
  constexpr double kMostSteps = 1e12, kMostSamples = 1e18;
  const double steps = steps_of(c), samples_per_step = static_cast<double>(c.train.nodes) * static_cast<double>(c.train.batch_size);
  require(steps <= kMostSteps, Key{"train.epochs"}, "{} with {:.0f} steps each are {:.0f} steps; a run has at most {:.0f}: train for fewer epochs",
          c.train.epochs, steps / static_cast<double>(c.train.epochs), steps, kMostSteps);
  require(steps * samples_per_step <= kMostSamples, Key{"train.batch_size"},
          "{} on {} nodes in {:.0f} steps are {:g} samples; a run has at most {:g}: lower it", c.train.batch_size, c.train.nodes, steps,
          steps * samples_per_step, kMostSamples);
}

// A target that is a share of the first step's distance.
void check_start(const RunConfig& c) {
  const Term term = Term::parse(c.control.policy.front());
  if (term.name != "fraction-of-start" || !algorithm_info(c.train.algorithm).combines_first) return;
  Arguments arguments(term, "control.policy");
  arguments.number("f");
  require(arguments.integer("steps", 20) >= 2, Key{"control.policy"},
          "under {} the distance of the first step is 0 (a share of 0 is no target): write steps = 2 or more", c.train.algorithm);
}

// The graphs, and what the algorithm needs of them and of other settings.
void check_topologies(const RunConfig& c, Problems& problems) {
  const auto nodes = static_cast<int>(c.train.nodes);
  const auto seed = static_cast<std::uint64_t>(c.seed);
  AlgorithmSettings settings{.phases = {}, .nodes = nodes, .min_rounds = c.control.min_rounds, .momentum = c.train.momentum, .optimizer = c.train.optimizer};
  for (std::size_t k = 0; k < c.topology.name.size(); ++k)
    problems.attempt([&] {
      const std::string &name = c.topology.name[k], &weights = c.topology.weights;
      const KnownGraph& graph = known_graph(name, weights, nodes, seed);
      if (!graph.refusal.empty()) refuse(Key{"topology.name"}, "{}", graph.refusal);
      require(graph.keeps_mean || algorithm_info(c.train.algorithm).takes_column_stochastic, Key{"topology.weights"},
              "{} weights keep the sum of the models, not their mean, which {} needs: choose weights whose rows sum to 1, or algorithm = \"sgp\"", weights,
              c.train.algorithm);
      settings.phases.push_back({name, weights, c.control.policy[k], graph.one_symmetric, graph.keeps_sum,
                                 [&name, &weights, nodes, seed] { return known_lambda_min(name, weights, nodes, seed); }});
    });
  check_algorithm(c.train.algorithm, settings, problems);
}

// One rule for all phases.
std::string weights_of(const RunConfig& c) {
  return default_weights(c.topology.name, [&](const std::string& name, std::string_view weights) {
    return known_graph(name, weights, static_cast<int>(c.train.nodes), static_cast<std::uint64_t>(c.seed)).refusal.empty();
  });
}

PolicyContext context_of(const RunConfig& c) {
  return {.reference_distance = 1,
          .min_rounds = static_cast<int>(c.control.min_rounds),
          .max_rounds = static_cast<int>(c.control.max_rounds),
          .L = knows_smoothness(c) ? 1 : kNaN};
}

// Everything that can be found wrong with a run before data are read or memory is taken, all of it at once.
void check_run(const RunConfig& c) {
  Problems problems;
  problems.attempt([&] {
    check_task(c);
    check_length(c);
  });
  check_training(c.train, problems);
  problems.attempt([&] {
    row_of(weight_rules(), c.topology.weights, "weights", "topology.weights");
    check_topologies(c, problems);
  });
  for (const auto& policy : c.control.policy) problems.attempt(Key{"control.policy"}, [&] { make_policy(policy, "control.policy", context_of(c)); });
  problems.attempt([&] { check_start(c); });
  problems.attempt(Key{"control.gauge"}, [&] { make_gauge(c.control.gauge, "control.gauge", static_cast<std::uint64_t>(c.seed)); });
  problems.throw_if_any();
}

// A mistake in a key that this run has no use for would come out when another run uses it. Where there is a phase, control.otherwise has become a policy.
void check_given(const RunConfig& c) {
  Problems problems;
  problems.attempt(Key{"control.method"}, [&] { make_method(c.control.method, "control.method"); });
  if (c.control.in_phase == 0) problems.attempt(Key{"control.otherwise"}, [&] { make_policy(c.control.otherwise, "control.otherwise", context_of(c)); });
  problems.throw_if_any();
}

// A share of this phase's Ξ becomes a target: it has to be known exactly, in every step, and not be 0 whatever happens.
void check_reference(const RunConfig& c, std::size_t phase) {
  require(algorithm_info(c.train.algorithm).uses_policy, Key{"train.algorithm"},
          "{} has a consensus distance of 0 (a share of 0 is no target); give this variant control.policy = \"rounds(1)\", or "
          "control.reference a variant of dsgd",
          c.train.algorithm);
  const std::string& policy = c.control.policy[phase];
  const PolicyInfo& info = policy_info(policy);
  require(info.name != "exact", Key{"control.policy"},
          "exact leaves a consensus distance of 0 (a share of 0 is no target); let the reference gossip in this phase");
  if (info.holds_target) return;  // measures exactly in every step, whatever the gauge is
  require(gauge_info(make_gauge(c.control.gauge, "control.gauge", 0).kind).may_steer, Key{"control.gauge"},
          "{} does not measure the consensus distance exactly (a target is a share of it); write control.gauge = \"exact\"", c.control.gauge);
  require(c.control.measure_every == 1, Key{"control.measure_every"},
          "with {} most steps are not measured (the largest distance may be in one of them); write control.measure_every = 1", c.control.measure_every);
}

// What a decision costs in the first phase whose policy holds a target.
void add_decision_cost(const RunConfig& c, Cost& cost) {
  const auto holds = [](const std::string& policy) { return policy_info(policy).holds_target; };
  const auto phase = std::find_if(c.control.policy.begin(), c.control.policy.end(), holds) - c.control.policy.begin();
  if (phase == std::ssize(c.control.policy) || !algorithm_info(c.train.algorithm).uses_policy) return;
  const auto nodes = static_cast<int>(c.train.nodes);
  const DecisionCost decision(nodes, task_size(c).dim);
  cost.gram_bytes = decision.gram_bytes;
  cost.distance_bytes = decision.distance_bytes;
  const Method method = make_method(c.control.method, "control.method");
  if (method.kind != Method::Kind::automatic) return;
  const auto schedule = make_mixing(c.topology.name[static_cast<std::size_t>(phase)], c.topology.weights, nodes, static_cast<std::uint64_t>(c.seed));
  cost.loop_pays_up_to = loop_pays_up_to(method, decision, 1 + static_cast<double>(schedule.at(0).messages()) / nodes, static_cast<int>(c.control.min_rounds),
                                         static_cast<int>(c.control.max_rounds));
}

Cost cost_of(const RunConfig& c) {
  const auto nodes = static_cast<double>(c.train.nodes);
  const double samples_per_step = nodes * static_cast<double>(c.train.batch_size);
  const double steps = steps_of(c);
  const RunSize size = run_size(c, 1, 1);
  Cost cost{.steps = steps,
            .samples = steps * samples_per_step,
            .memory_bytes = size.memory(),
            .memory_bytes_per_thread = size.threads,
            .gpu_bytes = c.train.device == "cpu" ? kNaN : gpu_bytes(c)};
  add_decision_cost(c, cost);
  return cost;
}

Vocabulary make_vocabulary() {
  Vocabulary v;
  v.names["datasets"] = names_of(datasets());
  for (auto& name : names_of(problems())) v.names["datasets"].push_back(name);
  v.names["partitions"] = names_of(partitions());
  v.names["models"] = names_of(models());
  v.names["models"].emplace_back("none");
  v.names["algorithms"] = names_of(algorithms());
  v.names["optimizers"] = names_of(optimizers());
  v.names["topologies"] = names_of(topologies());
  v.names["weights"] = names_of(weight_rules());
  v.names["policies"] = names_of(policies());
  v.names["gauges"] = names_of(gauges());
  v.names["methods"] = names_of(methods());
  v.needs_reference = [](const Term& policy) { return policy_info(policy.text()).needs_reference; };
  v.holds_target = [](const Term& policy) { return policy_info(policy.text()).holds_target; };
  v.check_reference = check_reference;
  v.topology_sha256 = topology_files_sha256;
  v.uses_seed = [](const std::string& topology) { return uses_seed(topology); };
  v.default_weights = weights_of;
  v.check_given = check_given;
  v.checks.emplace_back(check_run);
  v.cost = cost_of;
  return v;
}

}  // namespace

const Vocabulary& vocabulary() {
  static const Vocabulary all = make_vocabulary();
  return all;
}

}  // namespace xib
