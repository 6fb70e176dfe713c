#pragma once

#include <cmath>

#include "reference/problem.hpp"

// What the twins are tested on by hand: one parameter, two or three nodes, numbers that a float holds.
namespace xib::reference {

inline const Matrix kPair{{0.75, 0.25}, {0.25, 0.75}};  // λ₂ = 1/2: a round halves Ξ

// Node i's gradient is gradients[i] whatever the model.
inline Problem constant(const Matrix& gradients, const Vector& initial = {0}) {
  return {.nodes = static_cast<int>(gradients.size()),
          .initial = initial,
          .gradient = [gradients](int node, std::int64_t, const Vector&) { return gradients[static_cast<std::size_t>(node)]; },
          .loss = {}};
}

// Node i pulls towards b[i]: f_i = 1/2 (x - b_i)².
inline Problem pull(const Vector& b, double initial = 0) {
  return {.nodes = static_cast<int>(b.size()),
          .initial = {initial},
          .gradient = [b](int node, std::int64_t, const Vector& x) { return Vector{x[0] - b[static_cast<std::size_t>(node)]}; },
          .loss = [b](int node, std::int64_t, const Vector& x) { return std::pow(x[0] - b[static_cast<std::size_t>(node)], 2) / 2; }};
}

inline LearningRate always(double lr) {
  return [lr](std::int64_t) { return lr; };
}

}  // namespace xib::reference
