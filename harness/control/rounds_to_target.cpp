#include "harness/control/rounds_to_target.hpp"

#include "harness/control/gram_rounds.hpp"
#include "harness/core/check.hpp"

#include <algorithm>
#include <cmath>

namespace xib {
namespace {

double distance_of(const GramRounds& gram, std::size_t n) { return std::sqrt(std::max(gram.trace(), 0.0) / static_cast<double>(n)); }

}  // namespace

RoundsToTarget rounds_to_target(std::span<const double> gram, const MixingSchedule& schedule, std::int64_t round, double target, RoundLimits limits) {
  const auto n = static_cast<std::size_t>(schedule.nodes());
  for (const double g : gram)
    if (!std::isfinite(g)) fail("the consensus distance is not finite");
  GramRounds rounds(gram, n);
  double distance = distance_of(rounds, n);
  for (int q = 0;; ++q) {
    if (q >= limits.least && distance <= target) return {q, true, distance};
    if (q == limits.most) return {q, false, distance};
    rounds.mix(schedule.at(round + q));
    distance = distance_of(rounds, n);
  }
}

}  // namespace xib
