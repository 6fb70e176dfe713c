#pragma once

#include <vector>

#include "reference/dsgd.hpp"

namespace xib::reference {

// D² (Tang, Lian, Yan, Zhang, Liu, ICML 2018), every step with its own rate:
//   x^1 = W (x^0 - γ_0 d^0);   x^(t+1) = W (2 x^t - x^(t-1) - γ_t d^t + γ_(t-1) d^(t-1))
// d is the gradient, or the local direction of momentum in its place. All eigenvalues of W but the 1 of the mean must be in (-1/3, 1).
// The phases' policies may be rounds() and exact().
Trace d2(const Problem& problem, const std::vector<Phase>& phases, const Sgd& sgd, const LearningRate& lr);

}  // namespace xib::reference
