#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/term.hpp"

namespace xib {

// Entries of W off the diagonal that a graph may have: as many as are made in seconds and held in a gigabyte. Throws Error(input) above them; a graph
// that takes long to draw asks before it does.
void check_edges(double entries);

// A graph on the nodes 0..size-1. Undirected: neighbors are symmetric. Directed: neighbors(i) are those that i receives from.
// No self loops, no double edges; neighbor lists ascend.
class Topology {
 public:
  // Throws Error(input) on a neighbor out of range, a self loop, a double edge, or an unsymmetric list that is not `directed`.
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

// For each node those that receive from it, ascending. Undirected: the neighbors.
std::vector<std::vector<int>> receivers(const Topology& graph);

// The undirected graph of these edges, each given once, in any order.
Topology from_edges(int nodes, std::span<const std::pair<int, int>> edges);

}  // namespace xib
