#pragma once

#include "harness/graph/mixing_matrix.hpp"

#include <cstdint>
#include <span>

namespace xib {

struct RoundsToTarget {
  int rounds;       // the smallest q <= max_rounds that reaches the target, else max_rounds
  bool reached;
  double distance;  // Ξ after q rounds, predicted
};

// One-shot control: how many rounds bring Ξ to `target`, from one measurement instead of a loop "mix, measure, repeat". With D = X - x̄
// a round does D <- W D, so its Gram matrix does G <- W G Wᵀ (doubly centred, as for column sums other than 1 the mean moves) and
// Ξ² = tr(G)/n. gram: n x n, row-major. Cost: n² times the degree per round, no communication.
// Throws Error(work) when the Gram matrix holds a NaN or infinity.
RoundsToTarget rounds_to_target(std::span<const double> gram, const MixingSchedule& schedule, std::int64_t round, double target, int max_rounds);

}  // namespace xib
