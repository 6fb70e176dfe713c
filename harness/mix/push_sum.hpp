#pragma once

#include "harness/graph/mixing_matrix.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace xib {

// Push-sum (Kempe et al. 2003; stochastic gradient push, Assran et al. 2019) is for a W whose columns sum to 1 and whose rows may not: directed graphs, stars,
// one-way rings. x <- W x and the scalars w <- W w (w = 1 at first) keep their sums, and z_i = x_i / w_i converges to the mean of x. In terms of z a round is
//   z_i <- Σ_j r_ij z_j,   r_ij = w_ij w_j / w_i',   w' = W w,
// which is gossip with a matrix whose rows sum to 1. All ranks know W, so they compute w themselves and send only models. All code for gossip (halo exchange,
// rounds in cache, one-shot control, consensus fixed to the last bit) works on z.

// Weights of a run along its rounds, and the matrices r that follow from them.
class PushSum {
 public:
  // w = 1 before round 0.
  explicit PushSum(const MixingSchedule& column_stochastic);

  // Schedule of the matrices r, for a Mixer whose rows are the z_i. It has no period, serves rounds that are not settled yet, and uses this object's weights.
  // Throws Error(input), at the latest at the round in question, if a node gets no weight because no node sends to it, not even itself.
  MixingSchedule schedule() const;
  // w before round `round`, n numbers that sum to n; x_i = w_i z_i. Not before the last settled round.
  const std::vector<double>& before(std::int64_t round);
  // Rounds before `round` are done and will not be used again.
  void settle(std::int64_t round);
  // Sets w before round `round`: after an interruption, or at the beginning of another phase.
  void restart(std::int64_t round, std::vector<double> w);

 private:
  class Weights;
  std::shared_ptr<Weights> weights_;
  int nodes_;
};

// Matrices r from round 0 on, and w before a round, without restarts.
MixingSchedule push_sum_schedule(const MixingSchedule& column_stochastic);
std::vector<double> push_sum_weights(const MixingSchedule& column_stochastic, std::int64_t round);

}  // namespace xib
