#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace xib {

// Facts about a graph and its weights that a plan needs. The many runs of a plan have few graphs: each is made once and then remembered, without its matrices.
struct KnownGraph {
  std::string refusal;         // why there are no such matrices; then the rest means nothing
  bool keeps_mean = false;     // rows of every W sum to 1
  bool keeps_sum = false;      // columns do
  bool one_symmetric = false;  // every round mixes with the same symmetric W
  std::int64_t period = 0;     // as MixingSchedule::period()
};
const KnownGraph& known_graph(const std::string& topology, std::string_view weights, int nodes, std::uint64_t seed);

// Smallest eigenvalue of a fixed W; NaN where it is not known (too many nodes). Remembered as well.
double known_lambda_min(const std::string& topology, std::string_view weights, int nodes, std::uint64_t seed);

}  // namespace xib
