#pragma once

#include "harness/control/controller.hpp"
#include "harness/core/problems.hpp"
#include "harness/core/stopwatch.hpp"
#include "harness/core/term.hpp"
#include "harness/core/thread_pool.hpp"
#include "harness/mix/node_matrix.hpp"
#include "harness/task/task.hpp"
#include "harness/train/optimizer.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace xib {

// Inputs and results of one step. x, g: this rank's models and gradients, count x dim.
struct StepContext {
  Position at;
  Task& task;
  ThreadPool& pool;
  NodeMatrix& x;
  NodeMatrix& g;
  Optimizer& optimizer;
  ConsensusController& consensus;
  Stopwatch& watch;
  std::span<double> loss, gradient_norm2;  // out: one per node of this rank
  bool exact_gradients = false;            // out: gradients were averaged instead of models
  Communicated communicated;               // out
};

// Order of the parts of a step. Each algorithm is one file of one screen; its dense twin is in reference/.
class Algorithm {
 public:
  virtual ~Algorithm() = default;
  virtual void step(StepContext& context) = 0;
  virtual KeptState state() { return {}; }  // what it keeps from step to step, beside x and the optimizer's state
};

// Facts that an algorithm is made from. nodes: of this rank; dim: parameters of a model; sgd: train.momentum, train.nesterov, train.weight_decay.
struct AlgorithmSetup {
  int nodes = 0;
  std::size_t dim = 0;
  SgdOptions sgd = {};
  Device* device = nullptr;  // null: host memory
};

// Settings of a run that an algorithm may refuse before the run begins, because it would be wrong or meaningless with them.
struct AlgorithmSettings {
  struct Phase {
    std::string topology, weights, policy;
    bool one_symmetric = false;          // every round mixes with the same symmetric W
    bool keeps_sum = false;              // columns of every W sum to 1
    std::function<double()> lambda_min;  // of W; NaN if it is not known (too many nodes)
  };
  std::vector<Phase> phases;
  int nodes = 1;
  std::int64_t min_rounds = 1;
  double momentum = 0;  // train.momentum
  std::string optimizer = "sgd";
};

// One row of the table of algorithms, which the parser, plan, `xibench list` and the tests read. It stands in the algorithm's own file.
struct AlgorithmInfo {
  std::string_view name, arguments = "", help;
  bool uses_policy = true;               // false: control.* and topology.* have no meaning for it
  bool own_momentum = false;             // the algorithm uses train.momentum itself; StepContext::optimizer has none
  bool takes_column_stochastic = false;  // true: W may have columns that sum to 1 and rows that do not; the algorithm uses push_sum_weights()
  bool combines_first = false;           // gossip comes before the local step: Ξ is 0 in the first step
  std::string_view linear_only = "";     // why the optimizer's directions must be linear in the gradients; empty: they need not be
  int matrices = 0;                      // number of per-node matrices: those of state() and those that it needs within a step
  void (*check)(Arguments& arguments, const AlgorithmSettings& settings, Problems& problems) = nullptr;  // null: nothing to refuse, no arguments
  std::unique_ptr<Algorithm> (*make)(Arguments& arguments, const AlgorithmSetup& setup);
};
std::span<const AlgorithmInfo> algorithms();
const AlgorithmInfo& algorithm_info(std::string_view text);  // of "slowmo(0.7)" or a name alone; throws Error(input) with the nearest name

// The algorithm written as `text`. Throws Error(input) for an unknown name or wrong arguments.
std::unique_ptr<Algorithm> make_algorithm(std::string_view text, const AlgorithmSetup& setup);
// Adds all problems of the algorithm written as `text`, its arguments included, under these settings.
void check_algorithm(std::string_view text, const AlgorithmSettings& settings, Problems& problems);

// Every node's mini-batch gradient at its own model, nodes in parallel: g_i, loss_i, ‖g_i‖².
void compute_gradients(StepContext& context);

}  // namespace xib
