#include "harness/train/optimizer.hpp"

#include <algorithm>

namespace xib {
namespace {

// Calls body(node, begin, end) for pieces of the rows of a matrix that stay in cache, in parallel; every column of every row once.
template <class Body>
void for_each_chunk(const NodeMatrix& x, ThreadPool& pool, const Body& body) {
  constexpr std::size_t kChunk = 1 << 15;  // floats: three streams of 128 KiB
  const auto chunks = static_cast<std::int64_t>((x.dim() + kChunk - 1) / kChunk);
  pool.for_each(chunks * x.count(), [&](std::int64_t task, int) {
    const std::size_t at = static_cast<std::size_t>(task % chunks) * kChunk;
    const std::int64_t node = task / chunks, begin = node * static_cast<std::int64_t>(x.stride()) + static_cast<std::int64_t>(at);
    body(node, begin, begin + static_cast<std::int64_t>(std::min(kChunk, x.dim() - at)));
  });
}

// Padding included: what is zero there stays zero under every step.
std::int64_t elements(const NodeMatrix& x) { return static_cast<std::int64_t>(static_cast<std::size_t>(x.count()) * x.stride()); }

// Parameters begin .. end of a matrix, which are of one node; direction and move by value, so that their numbers stay in registers.
template <class Direction, class Move>
void move_node(NodeMatrix& x, const NodeMatrix& g, Direction direction, Move move, std::int64_t begin, std::int64_t end) {
  float* const p = x.data();
  const float* const q = g.data();
  for (std::int64_t k = begin; k < end; ++k) move(k, p[k], direction(k, p[k], q[k]));
}

}  // namespace

void apply(NodeMatrix& x, const NodeMatrix& g, ThreadPool& pool, const Direction& direction, const Move& move) {
  if (x.device()) return step_on_device(*x.device(), elements(x), static_cast<std::int64_t>(x.stride()), x.data(), g.data(), direction, move);
  std::visit(
      [&](const auto& d, const auto& m) {
        for_each_chunk(x, pool, [&](std::int64_t node, std::int64_t begin, std::int64_t end) { move_node(x, g, d, of_node(m, node), begin, end); });
      },
      direction, move);
}

ColumnWork apply_by_columns(NodeMatrix& x, const NodeMatrix& g, const Direction& direction, const Move& move) {
  return std::visit(
      [&](const auto& d, const auto& m) -> ColumnWork {
        return [&x, &g, d, m](std::size_t begin, std::size_t end, int) {
          for (std::int64_t node = 0; node < x.count(); ++node) {
            const std::int64_t row = node * static_cast<std::int64_t>(x.stride());
            move_node(x, g, d, of_node(m, node), row + static_cast<std::int64_t>(begin), row + static_cast<std::int64_t>(end));
          }
        };
      },
      direction, move);
}

void apply(const NodeMatrix& x, ThreadPool& pool, const QgMomentum& momentum) {
  if (x.device()) return momentum_on_device(*x.device(), elements(x), momentum);
  for_each_chunk(x, pool, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    const QgMomentum step = momentum;
    for (std::int64_t k = begin; k < end; ++k) step(k);
  });
}

}  // namespace xib
