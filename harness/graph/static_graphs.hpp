#pragma once

#include <cstdint>
#include <span>

#include "harness/graph/topology.hpp"

// Graphs that are a function of the number of nodes. Each throws Error(input) with a remedy if the graph does not exist.
namespace xib::graphs {

Topology complete(int nodes);
Topology ring(int nodes);
Topology path(int nodes);
Topology star(int nodes);               // node 0 is the hub
Topology grid(int rows, int columns);   // node r * columns + c
Topology torus(int rows, int columns);  // a grid that wraps around; 2 rows give one edge, not two
Topology hypercube(int nodes);
Topology circulant(int nodes, std::span<const std::int64_t> offsets);  // i - i ± o
Topology tree(int nodes, int branching);                               // the parent of i is (i - 1) / branching
Topology barbell(int nodes, int bridge);                               // two cliques joined by a path of `bridge` nodes

// Directed: i sends to i + o.
Topology directed_circulant(int nodes, std::span<const std::int64_t> offsets);
// Offsets of the exponential graphs: 1, 2, 4, ... below the number of nodes.
std::vector<std::int64_t> powers_of_two_below(int nodes);

// The two factors of `nodes` that are nearest to each other: rows <= columns.
std::pair<int, int> most_square(int nodes);

}  // namespace xib::graphs
