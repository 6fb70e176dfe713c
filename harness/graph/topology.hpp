#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/term.hpp"

namespace xib {

// Throws Error(input) if a graph would have too many entries of W off the diagonal: more than can be made in seconds and held in a gigabyte. A graph that takes
// long to draw calls it before drawing.
void check_edges(double entries);

// Graph on the nodes 0..size-1. Undirected: neighbors are symmetric. Directed: neighbors(i) are the nodes that i receives from. There are no self loops and no
// double edges; neighbor lists ascend.
class Topology {
 public:
  // Throws Error(input) for a neighbor out of range, a self loop, a double edge, or an unsymmetric list that is not `directed`.
  explicit Topology(std::vector<std::vector<int>> neighbors, bool directed = false);
  int size() const { return static_cast<int>(neighbors_.size()); }
  bool directed() const { return directed_; }
  std::span<const int> neighbors(int node) const { return neighbors_[static_cast<std::size_t>(node)]; }
  bool connected() const;  // directed: strongly
  int max_degree() const;

 private:
  std::vector<std::vector<int>> neighbors_;
  bool directed_;
};

// Nodes that receive from each node, ascending. Undirected: the neighbors.
std::vector<std::vector<int>> receivers(const Topology& graph);

// Undirected graph of these edges; each is given once, in any order.
Topology from_edges(int nodes, std::span<const std::pair<int, int>> edges);

}  // namespace xib
