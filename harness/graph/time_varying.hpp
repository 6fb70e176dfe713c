#pragma once

#include <string_view>

#include "harness/graph/mixing_matrix.hpp"

// Schedules whose graph changes from round to round. `weights`, a rule of weight_rules(), gives the weights of each round's graph. Schedules with weights of
// their own say so and take only uniform and lazy. Random ones draw round t from (seed, t) only.
namespace xib::graphs {

// In round t node i sends to i + 2^t, t modulo ceil(log2 n): exact after a period if n is a power of two (Ying et al. 2021).
// order: "cyclic", "permutation" (each period in another random order) or "random" (each round's power drawn anew).
MixingSchedule one_peer_exponential(int nodes, std::string_view order, std::string_view weights, std::uint64_t seed, std::string_view name);
// Even nodes pair with the odd nodes at distance +1, -1, +3, -3, +5, -5, +9, ... in turn (as in Assran et al. 2019); n must be even.
MixingSchedule bipartite_exponential(int nodes, std::string_view weights, std::string_view name);
// Edges of a ring in two rounds: 0-1, 2-3, ..., then 1-2, 3-4, ...; n must be even.
MixingSchedule one_peer_ring(int nodes, std::string_view weights, std::string_view name);
// One dimension of the hypercube per round: exact after log2 n rounds.
MixingSchedule one_peer_hypercube(int nodes, std::string_view weights, std::string_view name);

MixingSchedule random_matching(int nodes, std::string_view weights, std::uint64_t seed, std::string_view name);  // as many pairs as fit
MixingSchedule random_edge(int nodes, std::string_view weights, std::uint64_t seed, std::string_view name);      // Boyd et al. 2006
MixingSchedule random_permutation(int nodes, std::string_view weights, std::uint64_t seed, std::string_view name);
MixingSchedule dynamic_regular(int nodes, int degree, std::string_view weights, std::uint64_t seed, std::string_view name);
MixingSchedule dynamic_erdos_renyi(int nodes, double probability, std::string_view weights, std::uint64_t seed, std::string_view name);

// EquiTopo of Song et al. 2022, with weights of its own. A_u is the shift by u with weight (n - 1)/n, and 1/n on the diagonal; E A_u = J. Static: the mean of
// `degree` random A_u (D-EquiStatic), drawn until connected. Dynamic: (I + A_u)/2 with another u in each round (OD-EquiDyn, η = 1/2).
MixingSchedule equi_static(int nodes, int degree, std::string_view weights, std::uint64_t seed, std::string_view name);
MixingSchedule equi_dynamic(int nodes, std::string_view weights, std::uint64_t seed, std::string_view name);

}  // namespace xib::graphs
