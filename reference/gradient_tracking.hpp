#pragma once

#include <vector>

#include "reference/dsgd.hpp"

namespace xib::reference {

// Gradient tracking (Di Lorenzo and Scutari 2016; Pu and Nedić 2021: DSGT), W being what the step mixes the models with, several rounds or exact:
//   x^(t+1) = W (x^t - γ_t y^t);   y^0 = d^0;   y^(t+1) = W y^t + d^(t+1) - d^t
// d is the gradient, or the local direction of momentum in its place. The phases' policies may be rounds() and exact().
Trace gradient_tracking(const Problem& problem, const std::vector<Phase>& phases, const Sgd& sgd, const LearningRate& lr);

}  // namespace xib::reference
