#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace xib {

// Resolved run: everything that determines its science, and nothing else. The run id is a hash of exactly these fields (one row each in field_table.cpp) and of
// kScienceVersion. Members of closed sets are text in the grammar of harness/core/term.hpp, in canonical form.
struct RunConfig {
  std::int64_t seed = 1;

  struct Data {
    std::string dataset = "fashion-mnist";  // or "quadratic(dim = 50, ...)"
    std::string partition = "iid";          // iid iid-fixed dirichlet(alpha) shards(k)
    std::int64_t limit = 0;                 // use the first `limit` training samples only; 0: all
    std::int64_t test_limit = 0;
    bool operator==(const Data&) const = default;
  } data;

  struct Model {
    std::string name = "cnn";    // a member of models(); none for constructed problems
    double width = 1;            // factor on the number of channels
    std::string norm = "batch";  // batch group none, where the model has it
    std::string shortcut = "A";  // of residual blocks: A (zero padding) B (1x1 convolution)
    bool operator==(const Model&) const = default;
  } model;

  struct Train {
    std::int64_t nodes = 16;
    std::string algorithm = "dsgd";
    std::int64_t epochs = 1;
    std::int64_t batch_size = 32;   // per node
    double lr = 0.1;                // the peak
    std::string optimizer = "sgd";  // or "adamw(beta2 = 0.99)"
    double momentum = 0.9;
    bool nesterov = true;
    double weight_decay = 1e-4;
    double warmup_epochs = 0;
    double warmup_lr = 0;  // where the linear warm-up starts
    bool augment = false;
    std::string precision = "float32";
    std::string device = "cpu";         // kind of device, cpu or cuda: its kernels give other bits, so it is another run
    std::string schedule = "constant";  // constant steps(e1, e2, ...) cosine
    std::vector<std::int64_t> phases;   // epochs at which the second and later phases begin; empty: at the drops of the schedule
    bool operator==(const Train&) const = default;
  } train;

  struct Topology {
    std::vector<std::string> name = {"ring"};  // one, or one per phase
    std::vector<std::string> file_sha256;      // of the files that a name refers to, one per phase ("": none); empty: none at all
    std::string weights = "uniform";
    bool operator==(const Topology&) const = default;
  } topology;

  struct Control {
    std::vector<std::string> policy = {"rounds(1)"};  // one, or one per phase
    std::int64_t in_phase = 0;                        // policy holds in this phase only (from 1), `otherwise` in the others; 0: everywhere
    std::string otherwise = "exact";
    std::string reference;                  // variant that fraction() refers to; "" in a resolved run, which has reference_id instead
    std::string statistic = "max";          // of the reference's Ξ in the phase: max mean
    std::vector<std::string> reference_id;  // one per phase: the run that fraction() refers to, "" where none is needed
    std::int64_t measure_every = 1;         // steps between two measurements of Ξ; steps in between record NaN
    std::string method;                     // how the rounds to a target are found: a member of methods(); "": as before there was a choice, and for no target
    std::string gauge = "exact";            // how Ξ is measured for the record: a member of gauges()
    std::int64_t max_rounds = 1000;         // largest number of rounds in one step
    std::int64_t min_rounds = 1;            // smallest number of rounds in a step under a policy that holds a target; 1 if no policy does
    bool operator==(const Control&) const = default;
  } control;

  struct Evaluation {
    std::string every = "1 epoch";      // "N epochs", "N steps", "phase-ends"
    std::string nodes = "phase-ends";   // every node's own model: phase-ends, end, never
    double validation = 0;              // share of the training set held out
    std::string batchnorm = "average";  // statistics of the mean model: the average of the nodes' running statistics
    bool operator==(const Evaluation&) const = default;
  } evaluation;

  bool operator==(const RunConfig&) const = default;

  // Lists are resolved to the number of phases when the plan is made; then these hold for phase = 1, 2, ...
  std::size_t phase_count() const { return control.policy.size(); }
};

}  // namespace xib
