#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace xib {

// Facts about a graph and its weights that a plan needs. A plan has many runs but few graphs, so each graph is made once; its facts are kept, its matrices not.
struct KnownGraph {
  std::string refusal;         // why such matrices do not exist; then the other members mean nothing
  bool keeps_mean = false;     // rows of every W sum to 1
  bool keeps_sum = false;      // columns of every W sum to 1
  bool one_symmetric = false;  // every round mixes with the same symmetric W
  std::int64_t period = 0;     // as MixingSchedule::period()
};
const KnownGraph& known_graph(const std::string& topology, std::string_view weights, int nodes, std::uint64_t seed);

// Smallest eigenvalue of a fixed W, kept likewise; NaN if it is not known (too many nodes).
double known_lambda_min(const std::string& topology, std::string_view weights, int nodes, std::uint64_t seed);

}  // namespace xib
