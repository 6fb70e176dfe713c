#pragma once

#include "harness/core/thread_pool.hpp"
#include "harness/mix/node_matrix.hpp"
#include "harness/train/moves.hpp"

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
  // device: where the models are, and the buffers are too; null: host memory.
  Sgd(int nodes, std::size_t dim, SgdOptions options, Device* device = nullptr);
  void step(NodeMatrix& x, const NodeMatrix& g, double lr, ThreadPool& pool);
  // For algorithms that do something else with the direction d: `what` is a Move of moves.hpp. One pass over memory; nodes and chunks of columns
  // in parallel.
  template <class Move>
  void move(NodeMatrix& x, const NodeMatrix& g, ThreadPool& pool, const Move& what);
  // Named per-node state, for checkpoints.
  std::vector<std::pair<std::string, NodeMatrix*>> state();

 private:
  SgdOptions options_;
  NodeMatrix velocity_;
};

// Padding included: what is zero there stays zero under every step.
inline std::int64_t elements(const NodeMatrix& x) { return static_cast<std::int64_t>(static_cast<std::size_t>(x.count()) * x.stride()); }

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

template <class Move>
void Sgd::move(NodeMatrix& x, const NodeMatrix& g, ThreadPool& pool, const Move& what) {
  const auto mu = static_cast<float>(options_.momentum), lambda = static_cast<float>(options_.weight_decay);
  const bool nesterov = options_.nesterov;
  float* const velocity = mu == 0 ? nullptr : velocity_.data();
  if (x.device()) return each_on_device(*x.device(), elements(x), SgdElement<Move>{x.data(), g.data(), velocity, mu, lambda, nesterov, what});
  for_each_chunk(x.count(), x.dim(), pool, [&, mu, lambda, nesterov, velocity](int node, std::size_t at, std::size_t size) {
    const Move move = what;
    const std::size_t row = static_cast<std::size_t>(node) * x.stride();
    float* const p = x.data();
    const float* const q = g.data();
    const auto begin = static_cast<std::int64_t>(row + at), end = begin + static_cast<std::int64_t>(size);
    if (!velocity) {
      for (std::int64_t k = begin; k < end; ++k) move(k, p[k], q[k] + lambda * p[k]);
      return;
    }
    float* const v = velocity;
    const auto with_momentum = [=](const auto direction) {
      for (std::int64_t k = begin; k < end; ++k) {
        const float d = q[k] + lambda * p[k];
        v[k] = mu * v[k] + d;
        move(k, p[k], direction(d, v[k]));
      }
    };
    if (nesterov)
      with_momentum([mu](float d, float speed) { return d + mu * speed; });
    else
      with_momentum([](float, float speed) { return speed; });
  });
}

// A functor of moves.hpp for every parameter of every row, in parallel.
template <class Step>
void for_each_parameter(const NodeMatrix& x, ThreadPool& pool, const Step& what) {
  if (x.device()) return each_on_device(*x.device(), elements(x), what);
  for_each_chunk(x.count(), x.dim(), pool, [&](int node, std::size_t at, std::size_t size) {
    const Step step = what;
    const auto begin = static_cast<std::int64_t>(static_cast<std::size_t>(node) * x.stride() + at), end = begin + static_cast<std::int64_t>(size);
    for (std::int64_t k = begin; k < end; ++k) step(k);
  });
}

}  // namespace xib
