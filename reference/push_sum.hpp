#pragma once

#include "reference/problem.hpp"
#include "reference/sgd.hpp"

namespace xib::reference {

struct PushSumTrace {
  Trace models;                 // of the de-biased models z_i = x_i / w_i; `rounds` per step
  std::vector<Matrix> biased;   // x after mixing, per step
  std::vector<Vector> weights;  // w after mixing, per step; they sum to n
};

// Stochastic gradient push (Assran et al. 2019, Algorithm 1): on directed graphs whose W has columns that sum to 1 the sums of x and
// of the scalars w are kept, not the rows' means, and z = x / w converges to the mean.
//   x_i <- x_i - γ d(∇F_i(z_i));   x <- W x;   w <- W w;   z_i = x_i / w_i
// Gradient and weight decay are taken at z_i, momentum is local.
PushSumTrace push_sum(const Problem& problem, const MixingSchedule& mixing, int rounds, std::int64_t steps, const Sgd& sgd, const LearningRate& lr);

}  // namespace xib::reference
