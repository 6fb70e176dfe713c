#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "harness/core/random.hpp"
#include "harness/graph/topology.hpp"

// Graphs drawn once from a seed.
namespace xib::graphs {

Topology random_regular(int nodes, int degree, RandomStream& stream);       // Steger and Wormald 1999
Topology erdos_renyi(int nodes, double probability, RandomStream& stream);  // G(n, p)
Topology watts_strogatz(int nodes, int neighbors, double rewiring, RandomStream& stream);
Topology barabasi_albert(int nodes, int attached, RandomStream& stream);   // begins with a star of attached + 1 nodes
Topology random_directed(int nodes, int receivers, RandomStream& stream);  // each node sends to that many others

// Probability 2 ln(n) / n, at most 1: twice the threshold of connectivity.
double connecting_probability(int nodes);

// Draws until the graph is connected, each time from another stream of the seed. After 1000 draws it refuses; `graph` and `remedy` are for this message.
Topology draw_connected(std::uint64_t seed, const std::function<Topology(RandomStream&)>& draw, std::string_view graph, std::string_view remedy);

}  // namespace xib::graphs
