#pragma once

#include <cstdint>
#include <limits>

#include "harness/graph/mixing_matrix.hpp"

namespace xib {

// What theory needs of a mixing schedule. NaN: not defined for this schedule.
struct Spectrum {
  double lambda2 = 0;     // second largest eigenvalue of a symmetric W
  double lambda_min = 0;  // smallest eigenvalue of a symmetric W
  // Mixing parameter: E||XW - X̄||² <= (1 - p) ||X - X̄||². Fixed symmetric W: 1 - max_{i>=2} λ_i²; fixed W: 1 - ||W - J||₂²;
  // period T: 1 - ||W_T ... W_1 - J||₂^(2/T) per round; random W: 1 - λ_max(E[WᵀW] - J); column-stochastic: NaN.
  double p = 0;
  double contraction = std::numeric_limits<double>::quiet_NaN();  // ||W_T ... W_1 - J||₂ of the period; 0 when the period is exact
  double gap = std::numeric_limits<double>::quiet_NaN();          // fixed W: 1 - contraction; symmetric: 1 - max_{i>=2} |λ_i|
  std::int64_t period = 1;                                        // T; 0: random
  // Random W: p is exact where the law of W allows, else it is estimated from so many sampled rounds, with this standard error.
  int samples = 0;
  double p_error = 0;
};
// Closed forms for translation-invariant W (ring, torus, hypercube, circulants) of any size; else a dense eigen-solver. Throws
// Error(input) above kDenseNodes nodes where there is no closed form.
constexpr int kDenseNodes = 4096;
Spectrum spectrum(const MixingSchedule& schedule);

// Rounds q after which sqrt(1 - p)^q <= 1 / factor; 1 when p = 1, -1 when p is 0 or NaN.
double rounds_to_reduce(double p, double factor);
// The same in whole periods: T when the period is exact.
double rounds_to_reduce(const Spectrum& spectrum, double factor);

// How many nodes' worth of averaging a noise source that decays by `decay` per round gets (Vogels, Hendrikx, Jaggi 2022, "Beyond
// spectral gap"): (1 / (1 - γ)) / ((1/n) Σ λ_i² / (1 - γ λ_i²)), from 1 (no mixing) to n (exact averaging). A W that is not symmetric
// or not fixed: by the covariance that the formula stands for, averaged over a period or 1000 rounds. NaN for push-sum.
double effective_neighbors(const MixingSchedule& schedule, double decay);

// Messages that a round costs: means and extremes over nodes and rounds (of the period; random: of 256 rounds).
struct RoundTraffic {
  double sent = 0;  // per node and round
  int most_sent = 0, most_received = 0;
};
RoundTraffic round_traffic(const MixingSchedule& schedule);

}  // namespace xib
