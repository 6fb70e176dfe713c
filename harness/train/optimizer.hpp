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

// Rule by which each node turns its gradient into a direction. The state is local to the node and never mixed. One file per optimizer; its plain twin is in
// reference/.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  // Direction of the next step; call it once per step. The functor refers to this object's state.
  virtual Direction direction() = 0;
  virtual KeptState state() { return {}; }

  // x -= lr d
  void step(NodeMatrix& x, const NodeMatrix& g, double lr, ThreadPool& pool) { move(x, g, pool, PlainMove{static_cast<float>(lr)}); }
  // The same step, column by column; in host memory only. What is returned must run over all columns once.
  ColumnWork step_by_columns(NodeMatrix& x, const NodeMatrix& g, double lr);
  // Another move, for algorithms that use the direction d in another way.
  void move(NodeMatrix& x, const NodeMatrix& g, ThreadPool& pool, const Move& what);
};

// Facts that an optimizer is made from. nodes: of this rank; dim: parameters of a model.
struct OptimizerSetup {
  int nodes = 0;
  std::size_t dim = 0;
  SgdOptions options = {};
  Device* device = nullptr;  // null: host memory
};

// One row of the table of optimizers, which the parser, plan, `xibench list` and the tests read. It stands in the optimizer's own file.
struct OptimizerInfo {
  std::string_view name, arguments = "", help;
  bool linear = false;        // the direction is linear in the gradients; algorithms that add and subtract gradients of steps or nodes need that
  bool own_momentum = false;  // it ignores train.momentum and train.nesterov, which must then be 0 and false
  int (*matrices)(const SgdOptions& options);                                             // per-node matrices that it keeps
  std::unique_ptr<Optimizer> (*make)(Arguments& arguments, const OptimizerSetup& setup);  // throws Error(input) on impossible arguments
};
std::span<const OptimizerInfo> optimizers();
const OptimizerInfo& optimizer_info(std::string_view text);  // of "adamw(beta2 = 0.99)" or a name alone; throws Error(input) with the nearest name

// The optimizer written as `text`. Throws Error(input) for an unknown name or wrong arguments.
std::unique_ptr<Optimizer> make_optimizer(std::string_view text, const OptimizerSetup& setup);
// Throws Error(input), which names the key at fault, if the optimizer written as `text` cannot be made with these options.
void check_optimizer(std::string_view text, const SgdOptions& options);

// Calls move(k, x_k, direction(k, x_k, g_k)) for every parameter of every row, in one pass over memory: nodes and chunks of columns in parallel; on a device
// one kernel.
void apply(NodeMatrix& x, const NodeMatrix& g, ThreadPool& pool, const Direction& direction, const Move& move);
// The same for some columns of every row; x and g must outlive the work.
ColumnWork apply_by_columns(NodeMatrix& x, const NodeMatrix& g, const Direction& direction, const Move& move);
// Calls momentum(k) likewise for every parameter of a matrix of the shape of x.
void apply(const NodeMatrix& x, ThreadPool& pool, const QgMomentum& momentum);

}  // namespace xib
