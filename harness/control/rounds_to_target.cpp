#include "harness/control/rounds_to_target.hpp"

#include "harness/control/gram_rounds.hpp"
#include "harness/core/check.hpp"

#include <algorithm>
#include <cmath>

namespace xib {
namespace {

double distance_of(const GramRounds& gram, std::size_t n) { return std::sqrt(std::max(gram.trace(), 0.0) / static_cast<double>(n)); }

}  // namespace

Rounding::Rounding(std::span<const double> gram, double mean_norm, std::size_t dim)
    : nodes_(std::sqrt(static_cast<double>(gram.size()))), dim_(static_cast<double>(dim)), farthest_(0) {
  const auto n = static_cast<std::size_t>(std::lround(nodes_));
  for (std::size_t i = 0; i < n; ++i) farthest_ = std::max(farthest_, std::sqrt(std::max(gram[i * (n + 1)], 0.0)));
  largest_ = mean_norm + farthest_;
}

double Rounding::after(int rounds, int degree, double target) const {
  if (rounds == 0) return 0;
  constexpr double u = 0x1p-24, v = 0x1p-53;
  const double q = rounds, k = degree;
  const double mixing = q * u * (largest_ + 2 * (k + 3) * farthest_), measuring = v * (nodes_ * largest_ + 2 * (dim_ + nodes_ + 4) * farthest_);
  const double apart = 1.125 * (mixing + measuring);
  const double squares = v * (16 * farthest_ * farthest_ * (dim_ + nodes_ + 4 + q * (2 * k + 2 * nodes_ + 8)) + 8 * nodes_ * farthest_ * largest_);
  return apart + (apart <= target / 2 ? std::min(2 * squares / target, std::sqrt(squares)) : std::sqrt(squares));
}

RoundsToTarget rounds_to_target(std::span<const double> gram, const MixingSchedule& schedule, std::int64_t round, double target, RoundLimits limits,
                                const Rounding* rounding) {
  const auto n = static_cast<std::size_t>(schedule.nodes());
  for (const double g : gram)
    if (!std::isfinite(g)) fail("the consensus distance is not finite");
  GramRounds rounds(gram, n);
  double distance = distance_of(rounds, n);
  int degree = 0;
  for (int q = 0;; ++q) {
    const double apart = rounding ? rounding->after(q, degree, target) : 0;
    if (q >= limits.least && distance - apart <= target) return {q, distance <= target, distance, distance + apart <= target};
    if (q == limits.most) return {q, false, distance};
    const MixingMatrix& w = schedule.at(round + q);
    if (rounding) degree = std::max(degree, w.max_degree());
    rounds.mix(w);
    distance = distance_of(rounds, n);
  }
}

}  // namespace xib
