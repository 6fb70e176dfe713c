#pragma once

#include <cstdint>
#include <functional>
#include <limits>

#include "reference/problem.hpp"

namespace xib::reference {

struct Sgd {
  double momentum = 0;
  bool nesterov = false;
  double weight_decay = 0;
  // Another optimizer in its place: the direction of `node` in `step` (from 0). It keeps what it needs of every node.
  std::function<Vector(int node, std::int64_t step, const Vector& gradient, const Vector& x)> instead = {};
};

// The direction that torch.optim.SGD (dampening 0) subtracts lr times; `velocity` starts at zero and is never mixed:
//   d = g + weight_decay x;   v <- momentum v + d;   nesterov: d + momentum v, else v
inline Vector sgd_direction(const Sgd& sgd, const Vector& gradient, const Vector& x, Vector& velocity) {
  Vector direction = gradient;
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double d = gradient[k] + sgd.weight_decay * x[k];
    velocity[k] = sgd.momentum * velocity[k] + d;
    direction[k] = sgd.nesterov ? d + sgd.momentum * velocity[k] : velocity[k];
  }
  return direction;
}

// The direction of one node's optimizer, whichever it is.
inline Vector direction(const Sgd& sgd, std::size_t node, std::int64_t step, const Vector& gradient, const Vector& x, Vector& velocity) {
  return sgd.instead ? sgd.instead(static_cast<int>(node), step, gradient, x) : sgd_direction(sgd, gradient, x, velocity);
}

// x <- x - lr direction
inline void descend(Vector& x, double lr, const Vector& direction) {
  for (std::size_t k = 0; k < x.size(); ++k) x[k] -= lr * direction[k];
}

// The mean over the nodes of the loss that node i has at at[i].
inline double mean_loss(const Problem& problem, std::int64_t step, const Matrix& at) {
  if (!problem.loss) return std::numeric_limits<double>::quiet_NaN();
  double s = 0;
  for (int i = 0; i < problem.nodes; ++i) s += problem.loss(i, step, at[static_cast<std::size_t>(i)]);
  return s / problem.nodes;
}

}  // namespace xib::reference
