#pragma once

#include "harness/core/thread_pool.hpp"
#include "harness/mix/node_matrix.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace xib {

struct SgdOptions {
  double momentum = 0;
  bool nesterov = false;
  double weight_decay = 0;
};

// SGD with momentum, as PyTorch defines it, node by node; buffers are local and never mixed:
//   d = g + λ x;  v = μ v + d;  d = nesterov ? d + μ v : v;  x -= lr d
class Sgd {
 public:
  Sgd(int nodes, std::size_t dim, SgdOptions options);
  void step(NodeMatrix& x, const NodeMatrix& g, double lr, ThreadPool& pool);
  // Named per-node state, for checkpoints.
  std::vector<std::pair<std::string, NodeMatrix*>> state();

 private:
  SgdOptions options_;
  NodeMatrix velocity_;
};

}  // namespace xib
