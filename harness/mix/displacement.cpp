#include "harness/mix/displacement.hpp"

#include <cmath>
#include <vector>

namespace xib {

double local_displacement(Communicator& communicator, const NodeLayout& layout, std::span<const double> moved) {
  std::vector<int> counts;
  for (int r = 0; r < layout.ranks; ++r) counts.push_back(layout.block(r).count);
  std::vector<double> all(static_cast<std::size_t>(layout.nodes));
  communicator.all_gather(moved, counts, all);
  double sum = 0;
  for (const double squared : all) sum += squared;
  return std::sqrt(sum / layout.nodes);
}

}  // namespace xib
