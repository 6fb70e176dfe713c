#pragma once

#include "harness/core/space.hpp"

#include <cmath>
#include <cstdint>
#include <variant>

namespace xib {

// What an optimizer makes of each parameter's gradient, as plain functors: direction(k, x, g) with the parameter's place k among all of the node matrix,
// x_k and g_k gives d_k, which a step subtracts, times the rate. KeptState is at addresses of matrices of the same shape. An optimizer has a functor for each
// of its forms, not a branch: every form is a loop of its own.

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

// All directions, of all optimizers.
using Direction = std::variant<GradientDirection, MomentumDirection, NesterovDirection, AdamDirection>;

}  // namespace xib
