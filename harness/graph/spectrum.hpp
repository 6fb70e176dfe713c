#pragma once

#include <cstdint>

#include "harness/core/nan.hpp"
#include "harness/graph/mixing_matrix.hpp"

namespace xib {

// Numbers of a mixing schedule that theory needs. NaN: not defined for this schedule.
struct Spectrum {
  double lambda2 = 0;     // second largest eigenvalue of a symmetric W
  double lambda_min = 0;  // smallest eigenvalue of a symmetric W
  // Mixing parameter of a round: E||XW - X̄||² <= (1 - p) ||X - X̄||² for every X. Fixed symmetric W: 1 - max_{i>=2} λ_i²; fixed W:
  // 1 - ||W - J||₂²; random W, drawn anew each round: 1 - λ_max(E[WᵀW] - J). NaN for schedules whose rounds depend on each other
  // (a period T > 1, a random order of one), because a round of theirs may leave some X as it is; for column-stochastic W too.
  double p = 0;
  // ||W_T ... W_1 - J||₂ of contraction_rounds successive rounds, T, that begin with a period: the one number that such schedules have.
  // 0 when they average exactly. NaN, of 0 rounds: W is drawn anew each round, or column-stochastic.
  double contraction = kNaN;
  std::int64_t contraction_rounds = 0;
  double gap = kNaN;        // fixed W: 1 - contraction; symmetric: 1 - max_{i>=2} |λ_i|
  std::int64_t period = 1;  // T; 0: random
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
// By p, or in whole periods where T > 1: T when the period is exact.
double rounds_to_reduce(const Spectrum& spectrum, double factor);

// How many nodes' worth of averaging a noise source that decays by `decay` per round gets (Vogels, Hendrikx, Jaggi 2022, "Beyond
// spectral gap"): (1 / (1 - γ)) / ((1/n) Σ λ_i² / (1 - γ λ_i²)), from 1 (no mixing) to n (exact averaging). A W that is not symmetric
// or not fixed: by the covariance that the formula stands for, averaged over a period; random W: in expectation where the law allows,
// else over 1000 rounds. NaN for push-sum, and where the covariance would take more than kNeighborsWork multiplications (a few
// seconds): with n nodes it has n² entries, and translation-invariant W, random laws and small n do without.
constexpr double kNeighborsWork = 4e9;
double effective_neighbors(const MixingSchedule& schedule, double decay);

// Messages that a round costs: the mean and the extremes over nodes and rounds (of the period; random: of 256 rounds).
struct RoundTraffic {
  double sent = 0;                       // mean over nodes and rounds; as many are received
  int most_sent = 0, most_received = 0;  // by a node in a round
};
RoundTraffic round_traffic(const MixingSchedule& schedule);

}  // namespace xib
