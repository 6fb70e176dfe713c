#include "harness/graph/topology.hpp"

#include <algorithm>

#include "harness/core/check.hpp"

namespace xib {
namespace {

bool all_reachable_from_0(const std::vector<std::vector<int>>& out) {
  std::vector<bool> seen(out.size(), false);
  std::vector<int> open{0};
  seen[0] = true;
  std::size_t count = 1;
  while (!open.empty()) {
    const int node = open.back();
    open.pop_back();
    for (const int next : out[static_cast<std::size_t>(node)])
      if (!seen[static_cast<std::size_t>(next)]) {
        seen[static_cast<std::size_t>(next)] = true;
        ++count;
        open.push_back(next);
      }
  }
  return count == out.size();
}

}  // namespace

void check_edges(double entries) {
  constexpr double kMost = 2e7;
  require(
      entries <= kMost,
      "this graph has {:.3g} messages in a round, and {:.0e} at most are held: take fewer nodes or a sparser graph (control.policy = \"exact\" averages without one)",
      entries, kMost);
}

Topology::Topology(std::vector<std::vector<int>> neighbors, bool directed) : neighbors_(std::move(neighbors)), directed_(directed) {
  const int n = size();
  require(n > 0, "a topology needs at least one node");
  double entries = 0;
  for (const auto& list : neighbors_) entries += static_cast<double>(list.size());
  check_edges(entries);
  for (int i = 0; i < n; ++i) {
    auto& list = neighbors_[static_cast<std::size_t>(i)];
    std::sort(list.begin(), list.end());
    for (std::size_t k = 0; k < list.size(); ++k) {
      const int j = list[k];
      require(0 <= j && j < n, "node {} has the neighbor {}, which must be in 0..{}: correct the edge", i, j, n - 1);
      require(j != i, "node {} has an edge to itself (the diagonal of W is its own weight): remove the edge", i);
      require(k == 0 || list[k - 1] != j, "nodes {} and {} have a double edge: remove one", i, j);
    }
  }
  if (directed_) return;
  for (int i = 0; i < n; ++i)
    for (const int j : this->neighbors(i)) {
      const auto back = this->neighbors(j);
      require(std::binary_search(back.begin(), back.end(), i), "node {} receives from {}, but {} not from {}: add the edge back or declare the graph directed",
              i, j, j, i);
    }
}

bool Topology::connected() const {
  if (!all_reachable_from_0(neighbors_)) return false;
  return !directed_ || all_reachable_from_0(receivers(*this));
}

int Topology::max_degree() const {
  std::size_t degree = 0;
  for (const auto& list : neighbors_) degree = std::max(degree, list.size());
  return static_cast<int>(degree);
}

std::vector<std::vector<int>> receivers(const Topology& graph) {
  std::vector<std::vector<int>> out(static_cast<std::size_t>(graph.size()));
  for (int i = 0; i < graph.size(); ++i)
    for (const int j : graph.neighbors(i)) out[static_cast<std::size_t>(j)].push_back(i);
  return out;
}

Topology from_edges(int nodes, std::span<const std::pair<int, int>> edges) {
  std::vector<std::vector<int>> neighbors(static_cast<std::size_t>(nodes));
  for (const auto& [a, b] : edges) {
    require(0 <= a && a < nodes && 0 <= b && b < nodes, "the edge {} - {} leaves the nodes 0..{}", a, b, nodes - 1);
    neighbors[static_cast<std::size_t>(a)].push_back(b);
    neighbors[static_cast<std::size_t>(b)].push_back(a);
  }
  return Topology(std::move(neighbors));
}

}  // namespace xib
