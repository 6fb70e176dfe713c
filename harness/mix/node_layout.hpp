#pragma once

#include <cstdint>

namespace xib {

// Distribution of the nodes over ranks: contiguous blocks, whose sizes differ by at most one.
struct NodeBlock {
  int first, count;
};

struct NodeLayout {
  int nodes, ranks, rank;
  NodeBlock block(int r) const {
    const auto at = [this](std::int64_t k) { return static_cast<int>(k * nodes / ranks); };
    return {at(r), at(r + 1) - at(r)};
  }
  NodeBlock mine() const { return block(rank); }
  int owner(int node) const {
    const auto guess = static_cast<int>((static_cast<std::int64_t>(node) * ranks + ranks - 1) / nodes);
    for (int r = guess < ranks ? guess : ranks - 1;; r += node < block(r).first ? -1 : 1)
      if (const auto b = block(r); node >= b.first && node < b.first + b.count) return r;
  }
};

}  // namespace xib
