#pragma once

#include "harness/core/term.hpp"
#include "harness/core/thread_pool.hpp"
#include "harness/mix/node_matrix.hpp"
#include "harness/train/kept_state.hpp"
#include "harness/train/moves.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace xib {

// train.momentum, train.nesterov, train.weight_decay.
struct SgdOptions {
  double momentum = 0;
  bool nesterov = false;
  double weight_decay = 0;
};

// What a node makes of its gradients, node by node: its state is local and never mixed. One file per optimizer; its plain twin is in reference/.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  // Of the next step: to be asked once per step. The functor refers to this object's state.
  virtual Direction direction() = 0;
  virtual KeptState state() { return {}; }

  // x -= lr d
  void step(NodeMatrix& x, const NodeMatrix& g, double lr, ThreadPool& pool) { move(x, g, pool, PlainMove{static_cast<float>(lr)}); }
  // For algorithms that do something else with the direction d.
  void move(NodeMatrix& x, const NodeMatrix& g, ThreadPool& pool, const Move& what);
};

// What an optimizer is made for: this rank's nodes, the parameters of a model, where models are.
struct OptimizerSetup {
  int nodes = 0;
  std::size_t dim = 0;
  SgdOptions options = {};
  Device* device = nullptr;  // null: host memory
};

// One row of the table of optimizers: what parser, plan, `xibench list`, tests and docs loop over. It stands in the optimizer's own file.
struct OptimizerInfo {
  std::string_view name, arguments = "", help;
  bool linear = false;        // the direction is linear in the gradients; algorithms that add and subtract gradients of steps or nodes need that
  bool own_momentum = false;  // train.momentum and train.nesterov mean nothing to it
  int (*matrices)(const SgdOptions& options);                                             // per-node matrices that it keeps
  std::unique_ptr<Optimizer> (*make)(Arguments& arguments, const OptimizerSetup& setup);  // throws Error(input) on impossible arguments
};
std::span<const OptimizerInfo> optimizers();
const OptimizerInfo& optimizer_info(std::string_view text);  // of "adamw(beta2 = 0.99)" or a name alone; throws Error(input) with the nearest name

// The optimizer written as `text`. Throws Error(input) for an unknown name or wrong arguments.
std::unique_ptr<Optimizer> make_optimizer(std::string_view text, const OptimizerSetup& setup);
// Throws Error(input) of the key at fault where the optimizer written as `text` cannot be made so.
void check_optimizer(std::string_view text, const SgdOptions& options);

// move(k, x_k, direction(k, x_k, g_k)) for every parameter of every row, in one pass over memory: nodes and chunks of columns in parallel, on a device as
// one kernel.
void apply(NodeMatrix& x, const NodeMatrix& g, ThreadPool& pool, const Direction& direction, const Move& move);
// momentum(k) likewise, for the parameters of a matrix of the shape of x.
void apply(const NodeMatrix& x, ThreadPool& pool, const QgMomentum& momentum);

}  // namespace xib
