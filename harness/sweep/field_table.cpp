#include <algorithm>
#include <array>

#include "harness/sweep/fields.hpp"
#include "harness/sweep/interval.hpp"

namespace xib {
namespace {

using Integer = std::int64_t;
using Integers = std::vector<std::int64_t>;
using Texts = std::vector<std::string>;

std::string normal_interval(std::string_view given) { return text(parse_interval(given)); }

constexpr Range at_least(double least) { return {.least = least}; }
constexpr Range between(double least, double most) { return {.least = least, .most = most}; }
constexpr Range share{.least = 0, .most = 1, .below = true};

// One row per member of RunConfig, by key: key, kind, member, help; range; set, its members; what to write instead; canonical form.
// clang-format off
const std::array kRunFields = {
    Field{"control.gauge", Kind::term, +[](RunConfig& c) -> std::string& { return c.control.gauge; },
      "measure that is recorded as the consensus distance", {}, "gauges"},
    Field{"control.in_phase", Kind::integer, +[](RunConfig& c) -> Integer& { return c.control.in_phase; },
      "the policy holds in this phase only, `control.otherwise` in the others; 0: everywhere", between(0, 1000)},
    Field{"control.max_rounds", Kind::integer, +[](RunConfig& c) -> Integer& { return c.control.max_rounds; },
      "most gossip rounds of a controller in one step", between(1, 1e6)},
    Field{"control.measure_every", Kind::integer, +[](RunConfig& c) -> Integer& { return c.control.measure_every; },
      "steps between two measurements of the consensus distance", between(1, 1e9)},
    Field{"control.method", Kind::term, +[](RunConfig& c) -> std::string& { return c.control.method; },
      "how a policy that holds a target finds the rounds of a step; not set: from a Gram matrix, also within rounding of the target", {}, "methods", "", "",
      nullptr, true},
    Field{"control.min_rounds", Kind::integer, +[](RunConfig& c) -> Integer& { return c.control.min_rounds; },
      "least gossip rounds of every step under a policy that holds a target; 0: it may skip gossip", between(0, 1e6)},
    Field{"control.otherwise", Kind::term, +[](RunConfig& c) -> std::string& { return c.control.otherwise; },
      "policy of all phases but `control.in_phase`", {}, "policies"},
    Field{"control.policy", Kind::terms, +[](RunConfig& c) -> Texts& { return c.control.policy; },
      "how much is communicated after a local step; one, or one per phase", {}, "policies"},
    Field{"control.reference", Kind::text, +[](RunConfig& c) -> std::string& { return c.control.reference; },
      "variant whose distance fraction() refers to; default: the same run with rounds(1) in this phase and in the later phases with fraction()"},
    Field{"control.reference_id", Kind::texts, +[](RunConfig& c) -> Texts& { return c.control.reference_id; },
      "ids of the runs that fraction() refers to, one per phase", {}, "", "",
      "it is computed with the plan; control.reference = \"a variant\" chooses the run"},
    Field{"control.statistic", Kind::text, +[](RunConfig& c) -> std::string& { return c.control.statistic; },
      "statistic of the reference's distances in the phase", {}, "statistics", "max mean"},
    Field{"data.dataset", Kind::term, +[](RunConfig& c) -> std::string& { return c.data.dataset; }, "what is learnt", {}, "datasets"},
    Field{"data.limit", Kind::integer, +[](RunConfig& c) -> Integer& { return c.data.limit; },
      "use the first training samples only; 0: all", at_least(0)},
    Field{"data.partition", Kind::term, +[](RunConfig& c) -> std::string& { return c.data.partition; },
      "how the samples are spread over the nodes", {}, "partitions"},
    Field{"data.test_limit", Kind::integer, +[](RunConfig& c) -> Integer& { return c.data.test_limit; },
      "use the first test samples only; 0: all", at_least(0)},
    Field{"evaluation.batchnorm", Kind::text, +[](RunConfig& c) -> std::string& { return c.evaluation.batchnorm; },
      "running statistics with which the mean model is evaluated", {}, "batchnorm statistics", "average"},
    Field{"evaluation.every", Kind::text, +[](RunConfig& c) -> std::string& { return c.evaluation.every; },
      "when the mean model is tested: \"1 epoch\", \"50 steps\", \"phase-ends\"", {}, "", "", "", normal_interval},
    Field{"evaluation.nodes", Kind::text, +[](RunConfig& c) -> std::string& { return c.evaluation.nodes; },
      "when every node's own model is tested", {}, "moments", "phase-ends end never"},
    Field{"evaluation.validation", Kind::number, +[](RunConfig& c) -> double& { return c.evaluation.validation; },
      "share of the training set held out for tuning", share},
    Field{"model.name", Kind::term, +[](RunConfig& c) -> std::string& { return c.model.name; }, "the network", {}, "models"},
    Field{"model.norm", Kind::text, +[](RunConfig& c) -> std::string& { return c.model.norm; },
      "normalisation layers", {}, "norms", "batch group none"},
    Field{"model.shortcut", Kind::text, +[](RunConfig& c) -> std::string& { return c.model.shortcut; },
      "shortcut of residual blocks: A pads with zeros, B is a 1x1 convolution", {}, "shortcuts", "A B"},
    Field{"model.width", Kind::number, +[](RunConfig& c) -> double& { return c.model.width; },
      "factor on the number of channels", {.least = 0, .above = true}},
    Field{"seed", Kind::integer, +[](RunConfig& c) -> Integer& { return c.seed; },
      "seed of all random streams of the run", at_least(0), "", "", "write seeds = [1, 2, 3] at the top of the file"},
    Field{"topology.file_sha256", Kind::texts, +[](RunConfig& c) -> Texts& { return c.topology.file_sha256; },
      "SHA-256 of the files that topology.name is read from, one per phase; only where there are any", {}, "", "",
      "it is computed with the plan; topology.name = 'edges(\"a file\")' names the file", nullptr, true},
    Field{"topology.name", Kind::terms, +[](RunConfig& c) -> Texts& { return c.topology.name; },
      "graph of the nodes; one, or one per phase", {}, "topologies"},
    Field{"topology.weights", Kind::term, +[](RunConfig& c) -> std::string& { return c.topology.weights; },
      "weights of the mixing matrix; if not given, metropolis for graphs on which uniform would not keep the mean", {}, "weights"},
    Field{"train.algorithm", Kind::term, +[](RunConfig& c) -> std::string& { return c.train.algorithm; },
      "how a step trains", {}, "algorithms"},
    Field{"train.augment", Kind::flag, +[](RunConfig& c) -> bool& { return c.train.augment; }, "flip and crop the training images"},
    Field{"train.batch_size", Kind::integer, +[](RunConfig& c) -> Integer& { return c.train.batch_size; },
      "samples per node and step", between(1, 1e9)},
    Field{"train.device", Kind::text, +[](RunConfig& c) -> std::string& { return c.train.device; },
      "kind of device that computes; the flag --device sets it", {}, "devices", "cpu cuda"},
    Field{"train.epochs", Kind::integer, +[](RunConfig& c) -> Integer& { return c.train.epochs; },
      "passes over the training set", between(1, 1e6)},
    Field{"train.lr", Kind::number, +[](RunConfig& c) -> double& { return c.train.lr; },
      "learning rate: the peak, after warm-up", at_least(0)},
    Field{"train.momentum", Kind::number, +[](RunConfig& c) -> double& { return c.train.momentum; }, "momentum of the optimizer sgd, and of algorithms that have one", share},
    Field{"train.nesterov", Kind::flag, +[](RunConfig& c) -> bool& { return c.train.nesterov; }, "Nesterov's form of momentum"},
    Field{"train.nodes", Kind::integer, +[](RunConfig& c) -> Integer& { return c.train.nodes; },
      "participants n of the algorithm", between(1, 1e6)},
    Field{"train.optimizer", Kind::term, +[](RunConfig& c) -> std::string& { return c.train.optimizer; },
      "how a node steps along its gradients", {}, "optimizers", "", "", nullptr, true},
    Field{"train.phases", Kind::integers, +[](RunConfig& c) -> Integers& { return c.train.phases; },
      "epochs where the second, third, ... phase begins; empty: at the drops of the schedule", at_least(1)},
    Field{"train.precision", Kind::text, +[](RunConfig& c) -> std::string& { return c.train.precision; },
      "of the arithmetic", {}, "precisions", "float32 tf32 bfloat16"},
    Field{"train.schedule", Kind::term, +[](RunConfig& c) -> std::string& { return c.train.schedule; },
      "schedule of the learning rate; steps(e1, e2, ...) divides it by 10 at these epochs", {}, "schedules", "constant steps cosine"},
    Field{"train.warmup_epochs", Kind::number, +[](RunConfig& c) -> double& { return c.train.warmup_epochs; },
      "length of the linear warm-up", at_least(0)},
    Field{"train.warmup_lr", Kind::number, +[](RunConfig& c) -> double& { return c.train.warmup_lr; },
      "learning rate at which the warm-up starts", at_least(0)},
    Field{"train.weight_decay", Kind::number, +[](RunConfig& c) -> double& { return c.train.weight_decay; },
      "on all parameters", at_least(0)},
};
// clang-format on

}  // namespace

std::span<const Field> run_fields() { return kRunFields; }

const Field* find_field(std::string_view key) {
  const auto at = std::find_if(kRunFields.begin(), kRunFields.end(), [&](const Field& field) { return field.key == key; });
  return at == kRunFields.end() ? nullptr : &*at;
}

}  // namespace xib
