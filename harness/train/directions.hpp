#pragma once

#include "harness/core/space.hpp"

#include <cmath>
#include <cstdint>
#include <variant>

namespace xib {

// Directions of the optimizers, as plain functors over one parameter: direction(k, x_k, g_k) returns d_k, and a step subtracts rate · d_k. k is the place of
// the parameter in the node matrix. The state is in matrices of the same shape; functors hold their addresses. An optimizer with several forms has one functor
// per form instead of a branch, so that each form gets its own loop.

// SGD, as PyTorch defines it: d = g + λ x;  v = μ v + d;  d = nesterov ? d + μ v : v
struct GradientDirection {
  float lambda;
  XB_HD float operator()(std::int64_t, float x, float g) const { return g + lambda * x; }
};

struct MomentumDirection {
  float* v;
  float mu, lambda;
  XB_HD float operator()(std::int64_t k, float x, float g) const {
    const float d = g + lambda * x;
    v[k] = mu * v[k] + d;
    return v[k];
  }
};

struct NesterovDirection {
  float* v;
  float mu, lambda;
  XB_HD float operator()(std::int64_t k, float x, float g) const {
    const float d = g + lambda * x;
    v[k] = mu * v[k] + d;
    return d + mu * v[k];
  }
};

// Adam (Kingma and Ba 2015, algorithm 1), with weight decay in the gradient (coupled) or beside it (AdamW: Loshchilov and Hutter 2019):
//   m = β1 m + (1 - β1) g;  v = β2 v + (1 - β2) g²;  d = (m / c1) / (sqrt(v / c2) + ε) + λ x,  c = 1 - β^t in step t = 1, 2, ...
struct AdamDirection {
  float *m, *v;
  float beta1, rest1, beta2, rest2;  // rest: 1 - β
  float c1, c2, epsilon;
  float coupled, decoupled;  // λ in the gradient, λ beside it
  XB_HD float operator()(std::int64_t k, float x, float gradient) const {
    const float g = gradient + coupled * x;
    m[k] = beta1 * m[k] + rest1 * g;
    v[k] = beta2 * v[k] + rest2 * (g * g);
    return m[k] / c1 / (sqrtf(v[k] / c2) + epsilon) + decoupled * x;
  }
};

// List of all directions of all optimizers.
using Direction = std::variant<GradientDirection, MomentumDirection, NesterovDirection, AdamDirection>;

}  // namespace xib
