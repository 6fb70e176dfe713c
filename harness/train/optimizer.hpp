#pragma once

#include "harness/core/thread_pool.hpp"
#include "harness/mix/node_matrix.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
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
  // For algorithms that do something else with the direction d: move_of(node) is asked for a function, which is called as
  // move(column, x, d) for parameters of that node and may change x. One pass over memory; nodes and chunks of columns in parallel.
  template <class MoveOf>
  void move(NodeMatrix& x, const NodeMatrix& g, ThreadPool& pool, const MoveOf& move_of);
  // Named per-node state, for checkpoints.
  std::vector<std::pair<std::string, NodeMatrix*>> state();

 private:
  SgdOptions options_;
  NodeMatrix velocity_;
};

// Calls body(node, begin, size) for pieces of the rows of a matrix that stay in cache, in parallel; every column of every row once.
template <class Body>
void for_each_chunk(int nodes, std::size_t dim, ThreadPool& pool, const Body& body) {
  constexpr std::size_t kChunk = 1 << 15;  // floats: three streams of 128 KiB
  const auto chunks = static_cast<std::int64_t>((dim + kChunk - 1) / kChunk);
  pool.for_each(chunks * nodes, [&](std::int64_t task, int) {
    const std::size_t at = static_cast<std::size_t>(task % chunks) * kChunk;
    body(static_cast<int>(task / chunks), at, std::min(kChunk, dim - at));
  });
}

template <class MoveOf>
void Sgd::move(NodeMatrix& x, const NodeMatrix& g, ThreadPool& pool, const MoveOf& move_of) {
  const auto mu = static_cast<float>(options_.momentum), lambda = static_cast<float>(options_.weight_decay);
  const bool nesterov = options_.nesterov;
  // By value: seen through a reference, every number might change with each float that is written, and the loops would not be vectorized.
  for_each_chunk(x.count(), x.dim(), pool, [&, mu, lambda, nesterov](int node, std::size_t at, std::size_t size) {
    const auto move = move_of(node);
    float* const p = x.row(node).data();
    const float* const q = g.row(node).data();
    if (mu == 0) {
      for (std::size_t k = at; k < at + size; ++k) move(k, p[k], q[k] + lambda * p[k]);
      return;
    }
    float* const v = velocity_.row(node).data();
    const auto with_momentum = [=](const auto direction) {
      for (std::size_t k = at; k < at + size; ++k) {
        const float d = q[k] + lambda * p[k];
        v[k] = mu * v[k] + d;
        move(k, p[k], direction(d, v[k]));
      }
    };
    if (nesterov)
      with_momentum([mu](float d, float velocity) { return d + mu * velocity; });
    else
      with_momentum([](float, float velocity) { return velocity; });
  });
}

}  // namespace xib
