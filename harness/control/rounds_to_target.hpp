#pragma once

#include "harness/graph/mixing_matrix.hpp"

#include <cstdint>
#include <span>

namespace xib {

// Gossip rounds of one step under control: [control] min_rounds and max_rounds, 0 <= least <= most.
struct RoundLimits {
  int least = 1, most = 1000;
};

struct RoundsToTarget {
  int rounds;  // the smallest q with least <= q <= most that reaches the target, else most
  bool reached;
  double distance;  // Ξ after q rounds, predicted
};

// One-shot control: how many rounds, `least` or more, bring Ξ to `target`, from one measurement instead of a loop "mix `least` rounds, then
// measure, mix, repeat". With D = X - x̄ a round does D <- W D, so its Gram matrix does G <- W G Wᵀ (doubly centred, as for column sums other
// than 1 the mean moves) and Ξ² = tr(G)/n. gram: n x n, row-major. Cost: n² times the degree per round, no communication.
// Throws Error(work) when the Gram matrix holds a NaN or infinity.
RoundsToTarget rounds_to_target(std::span<const double> gram, const MixingSchedule& schedule, std::int64_t round, double target, RoundLimits limits);

}  // namespace xib
