#pragma once

#include <cstdint>

#include "harness/core/nan.hpp"
#include "harness/graph/mixing_matrix.hpp"

namespace xib {

// Numbers of a mixing schedule that theory needs; NaN: not defined for this schedule.
struct Spectrum {
  double lambda2 = 0;     // second largest eigenvalue of a symmetric W
  double lambda_min = 0;  // smallest eigenvalue of a symmetric W
  // Mixing parameter of a round: E||XW - X̄||² <= (1 - p) ||X - X̄||² for every X. Fixed symmetric W: 1 - max_{i>=2} λ_i²; fixed W: 1 - ||W - J||₂²; random W,
  // drawn anew each round: 1 - λ_max(E[WᵀW] - J). NaN for schedules whose rounds depend on each other (a period T > 1, a random order of its rounds), because a
  // single round may leave some X unchanged; also NaN for column-stochastic W.
  double p = 0;
  // ||W_T ... W_1 - J||₂ of T = contraction_rounds successive rounds from the beginning of a period, also for schedules without p. 0: they average exactly.
  // NaN, with 0 rounds: W is drawn anew each round, or is column-stochastic.
  double contraction = kNaN;
  std::int64_t contraction_rounds = 0;
  double gap = kNaN;        // fixed W: 1 - contraction; symmetric: 1 - max_{i>=2} |λ_i|
  std::int64_t period = 1;  // T; 0: random
  // Random W: p is exact if the law of W allows it (samples = 0); else it is estimated from this number of sampled rounds, with this standard error.
  int samples = 0;
  double p_error = 0;
};
// Computes them by closed forms for translation-invariant W of any size (ring, torus, hypercube, circulants), else with a dense eigen-solver. Throws
// Error(input) above kDenseNodes nodes without a closed form.
constexpr int kDenseNodes = 4096;
Spectrum spectrum(const MixingSchedule& schedule);

// Number of rounds q with sqrt(1 - p)^q <= 1 / factor; 1 if p = 1, -1 if p is 0 or NaN.
double rounds_to_reduce(double p, double factor);
// The same from p, or in whole periods if T > 1: T if the period averages exactly.
double rounds_to_reduce(const Spectrum& spectrum, double factor);

// Effective number of neighbors: the number of nodes over which noise that decays by γ = `decay` per round is averaged (Vogels, Hendrikx, Jaggi 2022, "Beyond
// spectral gap"): (1 / (1 - γ)) / ((1/n) Σ λ_i² / (1 - γ λ_i²)), from 1 (no mixing) to n (exact averaging). For a W that is not symmetric or not fixed it uses
// the covariance behind this formula, averaged over a period; for random W in expectation if the law allows, else over 1000 rounds. NaN for push-sum, and if
// the n x n covariance would take more than kNeighborsWork multiplications (a few seconds); translation-invariant W, random laws and small n need fewer.
constexpr double kNeighborsWork = 4e9;
double effective_neighbors(const MixingSchedule& schedule, double decay);

// Messages of a round: the mean and the extremes over nodes and rounds (of the period; random: of 256 rounds).
struct RoundTraffic {
  double sent = 0;                       // mean over nodes and rounds; the same number is received
  int most_sent = 0, most_received = 0;  // by a node in a round
};
RoundTraffic round_traffic(const MixingSchedule& schedule);

}  // namespace xib
