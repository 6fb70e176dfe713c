#pragma once

#include <cstdint>
#include <functional>
#include <limits>

#include "reference/dense.hpp"

namespace xib::reference {

// What the nodes minimise, as callbacks: a network, a quadratic, or three numbers in a test.
struct Problem {
  int nodes = 0;
  Vector initial;  // x_0, the same on every node
  // The stochastic gradient that `node` draws in `step` (from 0) at its model x.
  std::function<Vector(int node, std::int64_t step, const Vector& x)> gradient;
  // The loss of the same sample; optional.
  std::function<double(int node, std::int64_t step, const Vector& x)> loss;
};

using LearningRate = std::function<double(std::int64_t step)>;

// What one step did, in full.
struct StepTrace {
  Matrix before;                                             // X after the local update, before mixing
  Matrix after;                                              // X after mixing
  double distance_before = 0;                                // Ξ of `before`
  double distance_after = 0;                                 // Ξ of `after`
  int rounds = 0;                                            // gossip rounds; 0 with exact averaging
  bool exact = false;                                        // the mean of all models (or gradients) instead of gossip
  double target = std::numeric_limits<double>::quiet_NaN();  // Ξ aimed at; NaN: none
  bool reached = true;                                       // false: the target was still exceeded after the most rounds allowed
  double loss = 0;                                           // mean over the nodes, at the models that the gradients were taken at; NaN without Problem::loss
};

using Trace = std::vector<StepTrace>;

}  // namespace xib::reference
