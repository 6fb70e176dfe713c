#include "harness/control/rounds_to_target.hpp"

#include "harness/core/check.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace xib {
namespace {

double distance_of(const std::vector<double>& gram, std::size_t n) {
  double trace = 0;
  for (std::size_t i = 0; i < n; ++i) trace += gram[i * n + i];
  return std::sqrt(std::max(trace, 0.0) / static_cast<double>(n));
}

// out = W in, for n x n matrices
void multiply(const MixingMatrix& w, const std::vector<double>& in, std::vector<double>& out) {
  const auto n = static_cast<std::size_t>(w.size());
  std::fill(out.begin(), out.end(), 0.0);
  for (std::size_t i = 0; i < n; ++i)
    for (const auto& [j, weight] : w.row(static_cast<int>(i)))
      for (std::size_t k = 0; k < n; ++k) out[i * n + k] += weight * in[static_cast<std::size_t>(j) * n + k];
}

void transpose(std::vector<double>& m, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < i; ++j) std::swap(m[i * n + j], m[j * n + i]);
}

// G <- C G C with C = I - J: subtracts row and column means.
void centre(std::vector<double>& g, std::size_t n) {
  for (int pass = 0; pass < 2; ++pass) {
    for (std::size_t i = 0; i < n; ++i) {
      double mean = 0;
      for (std::size_t j = 0; j < n; ++j) mean += g[i * n + j];
      mean /= static_cast<double>(n);
      for (std::size_t j = 0; j < n; ++j) g[i * n + j] -= mean;
    }
    transpose(g, n);
  }
}

}  // namespace

RoundsToTarget rounds_to_target(std::span<const double> gram, const MixingSchedule& schedule, std::int64_t round, double target, RoundLimits limits) {
  const auto n = static_cast<std::size_t>(schedule.nodes());
  for (const double g : gram)
    if (!std::isfinite(g)) fail("the consensus distance is not finite");
  std::vector<double> g(gram.begin(), gram.end()), next(gram.size());
  double distance = distance_of(g, n);
  for (int q = 0;; ++q) {
    if (q >= limits.least && distance <= target) return {q, true, distance};
    if (q == limits.most) return {q, false, distance};
    const MixingMatrix& w = schedule.at(round + q);
    multiply(w, g, next);
    transpose(next, n);  // (W G)ᵀ = G Wᵀ, as G is symmetric
    multiply(w, next, g);
    centre(g, n);
    distance = distance_of(g, n);
  }
}

}  // namespace xib
