#include "harness/graph/random_graphs.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "harness/core/check.hpp"

namespace xib::graphs {
namespace {

using Edge = std::pair<int, int>;
using Edges = std::set<Edge>;  // ordered: the result does not depend on a hash

Edge ordered(int a, int b) { return {std::min(a, b), std::max(a, b)}; }
int pick(RandomStream& stream, int bound) { return static_cast<int>(stream.below(static_cast<std::uint64_t>(bound))); }

Topology of(int nodes, const Edges& edges) { return from_edges(nodes, std::vector<Edge>(edges.begin(), edges.end())); }

bool any_edge_possible(const std::vector<int>& ends, const Edges& edges) {
  for (const int a : ends)
    for (const int b : ends)
      if (a != b && !edges.contains(ordered(a, b))) return true;
  return false;
}

// One attempt: pairs the loose ends of all nodes at random and again those that gave a loop or a double edge. Empty when stuck.
Edges pair_ends(int nodes, int degree, RandomStream& stream) {
  Edges edges;
  std::vector<int> ends;
  for (int i = 0; i < nodes; ++i) ends.insert(ends.end(), static_cast<std::size_t>(degree), i);
  while (!ends.empty()) {
    stream.shuffle(std::span(ends));
    std::vector<int> loose;
    for (std::size_t k = 0; k + 1 < ends.size(); k += 2)
      if (ends[k] == ends[k + 1] || !edges.insert(ordered(ends[k], ends[k + 1])).second) loose.insert(loose.end(), {ends[k], ends[k + 1]});
    if (!loose.empty() && !any_edge_possible(loose, edges)) return {};
    ends = std::move(loose);
  }
  return edges;
}

// Limit of graphs that are drawn pair by pair.
void check_pairs(int nodes) {
  constexpr int kMost = 20'000;
  require(nodes <= kMost, "a graph whose {} nodes are drawn pair by pair takes too long: take at most {} nodes, or random-regular", nodes, kMost);
}

Edges complement(int nodes, const Edges& edges) {
  Edges rest;
  for (int i = 0; i < nodes; ++i)
    for (int j = i + 1; j < nodes; ++j)
      if (!edges.contains({i, j})) rest.insert({i, j});
  return rest;
}

}  // namespace

Topology random_regular(int nodes, int degree, RandomStream& stream) {
  require(1 <= degree && degree < nodes, "a random regular graph of degree {} needs more than {} nodes; {} are given: use a degree from 1 to {}", degree,
          degree, nodes, nodes - 1);
  require(nodes % 2 == 0 || degree % 2 == 0, "a regular graph of degree {} on {} nodes would have half an edge (both are odd): make one of them even", degree,
          nodes);
  check_edges(static_cast<double>(nodes) * degree);
  const int drawn = std::min(degree, nodes - 1 - degree);  // dense graphs are drawn as what they lack
  Edges edges;
  while (drawn > 0 && edges.empty()) edges = pair_ends(nodes, drawn, stream);
  return of(nodes, drawn == degree ? edges : complement(nodes, edges));
}

Topology erdos_renyi(int nodes, double probability, RandomStream& stream) {
  require(0 <= probability && probability <= 1, "erdos-renyi: the edge probability {} is not in [0, 1]", probability);
  check_pairs(nodes);
  check_edges(probability * nodes * (nodes - 1));
  Edges edges;
  for (int i = 0; i < nodes; ++i)
    for (int j = i + 1; j < nodes; ++j)
      if (stream.uniform() < probability) edges.insert({i, j});
  return of(nodes, edges);
}

Topology watts_strogatz(int nodes, int neighbors, double rewiring, RandomStream& stream) {
  require(neighbors >= 2 && neighbors % 2 == 0 && neighbors < nodes,
          "watts-strogatz with {} neighbors on {} nodes: the neighbors must be even, at least 2 and fewer than the nodes: use neighbors = 2 or "
          "more nodes",
          neighbors, nodes);
  require(0 <= rewiring && rewiring <= 1, "watts-strogatz: the rewiring probability {} is not in [0, 1]", rewiring);
  check_edges(static_cast<double>(nodes) * neighbors);
  Edges edges;
  std::vector<int> degree(static_cast<std::size_t>(nodes), neighbors);
  for (int o = 1; o <= neighbors / 2; ++o)
    for (int i = 0; i < nodes; ++i) edges.insert(ordered(i, (i + o) % nodes));
  for (int o = 1; o <= neighbors / 2; ++o)
    for (int i = 0; i < nodes; ++i) {
      if (!(stream.uniform() < rewiring) || degree[static_cast<std::size_t>(i)] >= nodes - 1) continue;
      int target = i;
      while (target == i || edges.contains(ordered(i, target))) target = pick(stream, nodes);
      edges.erase(ordered(i, (i + o) % nodes));
      edges.insert(ordered(i, target));
      --degree[static_cast<std::size_t>((i + o) % nodes)];
      ++degree[static_cast<std::size_t>(target)];
    }
  return of(nodes, edges);
}

Topology barabasi_albert(int nodes, int attached, RandomStream& stream) {
  require(1 <= attached && attached < nodes, "barabasi-albert attaches each node to {} others, which needs more than {} nodes; {} are given: use attached = 1",
          attached, attached, nodes);
  check_edges(2.0 * nodes * attached);
  Edges edges;
  std::vector<int> ends;  // every node as often as its degree
  const auto connect = [&](int a, int b) {
    edges.insert(ordered(a, b));
    ends.insert(ends.end(), {a, b});
  };
  for (int i = 1; i <= attached; ++i) connect(0, i);
  for (int i = attached + 1; i < nodes; ++i) {
    std::set<int> targets;
    while (static_cast<int>(targets.size()) < attached) targets.insert(ends[static_cast<std::size_t>(pick(stream, static_cast<int>(ends.size())))]);
    for (const int t : targets) connect(i, t);
  }
  return of(nodes, edges);
}

Topology random_directed(int nodes, int receivers, RandomStream& stream) {
  require(1 <= receivers && receivers < nodes, "random-directed: each node sends to {} others, which needs more than {} nodes; {} are given", receivers,
          receivers, nodes);
  check_pairs(nodes);
  check_edges(static_cast<double>(nodes) * receivers);
  std::vector<std::vector<int>> senders(static_cast<std::size_t>(nodes));
  std::vector<int> others(static_cast<std::size_t>(nodes));
  for (int i = 0; i < nodes; ++i) {
    std::iota(others.begin(), others.end(), 0);
    others[static_cast<std::size_t>(i)] = nodes - 1;  // all but i
    for (int k = 0; k < receivers; ++k) {
      std::swap(others[static_cast<std::size_t>(k)], others[static_cast<std::size_t>(k + pick(stream, nodes - 1 - k))]);
      senders[static_cast<std::size_t>(others[static_cast<std::size_t>(k)])].push_back(i);
    }
  }
  return Topology(std::move(senders), true);
}

double connecting_probability(int nodes) { return nodes < 2 ? 1.0 : std::min(1.0, 2 * std::log(nodes) / nodes); }

Topology draw_connected(std::uint64_t seed, const std::function<Topology(RandomStream&)>& draw, std::string_view graph, std::string_view remedy) {
  constexpr std::uint32_t kDraws = 1000;
  for (std::uint32_t attempt = 0; attempt < kDraws; ++attempt) {
    RandomStream stream(seed, Purpose::topology, 0, attempt);
    Topology topology = draw(stream);
    if (topology.connected()) return topology;
  }
  refuse("{} was not connected in {} draws (consensus could not be reached): {}", graph, kDraws, remedy);
}

}  // namespace xib::graphs
