#include "harness/graph/static_graphs.hpp"

#include <algorithm>
#include <bit>

#include "harness/core/check.hpp"

namespace xib::graphs {
namespace {

using Edges = std::vector<std::pair<int, int>>;

Topology unique_edges(int nodes, Edges edges) {
  for (auto& [a, b] : edges)
    if (a > b) std::swap(a, b);
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  std::erase_if(edges, [](const auto& e) { return e.first == e.second; });
  return from_edges(nodes, edges);
}

void clique(int first, int last, Edges& edges) {
  check_edges(static_cast<double>(last - first) * (last - first - 1));
  for (int i = first; i < last; ++i)
    for (int j = i + 1; j < last; ++j) edges.emplace_back(i, j);
}

int wrapped(std::int64_t node, int nodes) { return static_cast<int>(((node % nodes) + nodes) % nodes); }

void check_offsets(int nodes, std::span<const std::int64_t> offsets) {
  for (const auto o : offsets)
    require(o % nodes != 0, "the circulant offset {} leads each of {} nodes to itself: use offsets from 1 to {}", o, nodes, nodes - 1);
}

}  // namespace

Topology complete(int nodes) {
  Edges edges;
  clique(0, nodes, edges);
  return from_edges(nodes, edges);
}

Topology ring(int nodes) {
  Edges edges;
  for (int i = 0; i < nodes; ++i) edges.emplace_back(i, wrapped(i + 1, nodes));
  return unique_edges(nodes, std::move(edges));
}

Topology path(int nodes) {
  Edges edges;
  for (int i = 1; i < nodes; ++i) edges.emplace_back(i - 1, i);
  return from_edges(nodes, edges);
}

Topology star(int nodes) {
  Edges edges;
  for (int i = 1; i < nodes; ++i) edges.emplace_back(0, i);
  return from_edges(nodes, edges);
}

Topology grid(int rows, int columns) {
  Edges edges;
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < columns; ++c) {
      if (c + 1 < columns) edges.emplace_back(r * columns + c, r * columns + c + 1);
      if (r + 1 < rows) edges.emplace_back(r * columns + c, (r + 1) * columns + c);
    }
  return from_edges(rows * columns, edges);
}

Topology torus(int rows, int columns) {
  Edges edges;
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < columns; ++c) {
      edges.emplace_back(r * columns + c, r * columns + (c + 1) % columns);
      edges.emplace_back(r * columns + c, (r + 1) % rows * columns + c);
    }
  return unique_edges(rows * columns, std::move(edges));
}

Topology hypercube(int nodes) {
  require(nodes > 0 && std::has_single_bit(static_cast<unsigned>(nodes)), "hypercube needs a power of two; {} is not: use torus", nodes);
  Edges edges;
  for (int i = 0; i < nodes; ++i)
    for (int bit = 1; bit < nodes; bit *= 2)
      if ((i & bit) == 0) edges.emplace_back(i, i | bit);
  return from_edges(nodes, edges);
}

Topology circulant(int nodes, std::span<const std::int64_t> offsets) {
  check_offsets(nodes, offsets);
  check_edges(2.0 * nodes * static_cast<double>(offsets.size()));
  Edges edges;
  for (int i = 0; i < nodes; ++i)
    for (const auto o : offsets) edges.emplace_back(i, wrapped(i + o, nodes));
  return unique_edges(nodes, std::move(edges));
}

Topology tree(int nodes, int branching) {
  require(branching >= 1, "a tree needs a branching of at least 1; {} is not: use 2", branching);
  Edges edges;
  for (int i = 1; i < nodes; ++i) edges.emplace_back((i - 1) / branching, i);
  return from_edges(nodes, edges);
}

Topology barbell(int nodes, int bridge) {
  require(bridge >= 0 && bridge <= nodes && (nodes - bridge) % 2 == 0,
          "barbell has two cliques of one size; {} nodes with a bridge of {} do not leave an even number: use bridge = {}", nodes, bridge, nodes % 2);
  const int clique_size = (nodes - bridge) / 2;
  Edges edges;
  clique(0, clique_size, edges);
  for (int i = clique_size; i <= clique_size + bridge; ++i)
    if (0 < i && i < nodes) edges.emplace_back(i - 1, i);
  clique(clique_size + bridge, nodes, edges);
  return unique_edges(nodes, std::move(edges));
}

Topology directed_circulant(int nodes, std::span<const std::int64_t> offsets) {
  check_offsets(nodes, offsets);
  std::vector<std::vector<int>> senders(static_cast<std::size_t>(nodes));
  for (int i = 0; i < nodes; ++i) {
    auto& list = senders[static_cast<std::size_t>(i)];
    for (const auto o : offsets) list.push_back(wrapped(i - o, nodes));
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }
  return Topology(std::move(senders), true);
}

std::vector<std::int64_t> powers_of_two_below(int nodes) {
  std::vector<std::int64_t> powers;
  for (std::int64_t power = 1; power < nodes; power *= 2) powers.push_back(power);
  return powers;
}

std::pair<int, int> most_square(int nodes) {
  int rows = 1;
  for (int r = 1; r <= nodes / r; ++r)
    if (nodes % r == 0) rows = r;
  return {rows, nodes / rows};
}

}  // namespace xib::graphs
