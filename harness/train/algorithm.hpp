#pragma once

#include "harness/control/controller.hpp"
#include "harness/core/stopwatch.hpp"
#include "harness/core/thread_pool.hpp"
#include "harness/mix/node_matrix.hpp"
#include "harness/task/task.hpp"
#include "harness/train/optimizer.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace xib {

// What an algorithm works with in one step. x, g: this rank's models and gradients, count x dim.
struct StepContext {
  Position at;
  Task& task;
  ThreadPool& pool;
  NodeMatrix& x;
  NodeMatrix& g;
  Sgd& optimizer;
  ConsensusController& consensus;
  Stopwatch& watch;
  std::span<double> loss, gradient_norm2;  // out: of this rank's nodes
  bool exact_gradients = false;            // out: gradients were averaged instead of models
  Communicated communicated;               // out
};

// Owns the order inside a step. One file and one screen per algorithm; its dense twin is in reference/.
class Algorithm {
 public:
  virtual ~Algorithm() = default;
  virtual void step(StepContext& context) = 0;
  // Per-node matrices beyond x and the optimizer's, for checkpoints.
  virtual std::vector<std::pair<std::string, NodeMatrix*>> state() { return {}; }
};

// What an algorithm is made for: this rank's nodes, the parameters of a model, [train] momentum, nesterov and weight_decay, where models are.
struct AlgorithmSetup {
  int nodes = 0;
  std::size_t dim = 0;
  SgdOptions sgd = {};
  Device* device = nullptr;  // null: host memory
};

struct AlgorithmInfo {
  std::string_view name, help;
  bool uses_policy = true;     // false: [control] and [topology] have no meaning for it
  bool own_momentum = false;   // [train] momentum is the algorithm's own and not 0; StepContext::optimizer has none
  bool combines_first = false;   // gossip comes before the local step: Ξ is 0 in the first step
  int matrices = 0;              // per-node matrices that it keeps: state() and what it needs within a step
  double lambda_min_above = -2;  // W has to be the same in every step, symmetric, and to have larger eigenvalues; -2: any W will do
  std::unique_ptr<Algorithm> (*make)(const AlgorithmSetup& setup);
};
std::span<const AlgorithmInfo> algorithms();
const AlgorithmInfo& algorithm_info(std::string_view name);  // throws Error(input) with the nearest name

// Every node's mini-batch gradient at its own model, nodes in parallel: g_i, loss_i, ‖g_i‖².
void compute_gradients(StepContext& context);

std::unique_ptr<Algorithm> make_centralized(const AlgorithmSetup& setup);
std::unique_ptr<Algorithm> make_dsgd(const AlgorithmSetup& setup);
std::unique_ptr<Algorithm> make_qg_dsgdm(const AlgorithmSetup& setup);
std::unique_ptr<Algorithm> make_d2(const AlgorithmSetup& setup);
std::unique_ptr<Algorithm> make_gradient_tracking(const AlgorithmSetup& setup);
std::unique_ptr<Algorithm> make_dsgd_cta(const AlgorithmSetup& setup);

}  // namespace xib
