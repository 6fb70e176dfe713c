#pragma once

#include "harness/graph/mixing_matrix.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace xib {

// Gossip rounds of one step under control: control.min_rounds and control.max_rounds, 0 <= least <= most.
struct RoundLimits {
  int least = 1, most = 1000;
};

struct RoundsToTarget {
  int rounds;  // the smallest q with least <= q <= most that reaches the target, else most
  bool reached;
  double distance;   // Ξ after q rounds, predicted
  bool sure = true;  // false: Ξ measured after these rounds may be on the other side of the target; fewer rounds are surely too few
};

// How far a predicted Ξ can be from the one that is measured when the rounds are mixed in float: a bound, derived in README.md.
class Rounding {
 public:
  // gram: before the first round; mean_norm: ‖x̄‖.
  Rounding(std::span<const double> gram, double mean_norm, std::size_t dim);
  // After q rounds by matrices with at most `degree` entries off the diagonal in a row, where one of the two is `target`. No rounds: 0.
  double after(int rounds, int degree, double target) const;

 private:
  double nodes_, dim_, farthest_, largest_;  // D = max ‖x_i - x̄‖; R = ‖x̄‖ + D, no row is longer
};

// One-shot control: the number of rounds, `least` or more, that bring Ξ to `target`, from one measurement instead of a loop "mix `least` rounds, then measure,
// mix, repeat". A round maps D = X - x̄ to W D, so it maps the Gram matrix G to W G Wᵀ (doubly centred, because the mean moves if columns do not sum to 1), and
// Ξ² = tr(G)/n. gram: n x n, row-major. Cost: n² times the degree per round, no communication. Throws Error(work) if the Gram matrix holds a NaN or infinity.
// With `rounding`, the rounds end where a measurement could find the target reached, and `sure` says whether each would.
RoundsToTarget rounds_to_target(std::span<const double> gram, const MixingSchedule& schedule, std::int64_t round, double target, RoundLimits limits,
                                const Rounding* rounding = nullptr);

}  // namespace xib
