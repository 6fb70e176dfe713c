#pragma once

#include <vector>

#include "reference/dsgd.hpp"

namespace xib::reference {

// D-SGD that combines, then adapts (D-PSGD: Lian et al. 2017): x_i <- Σ_j w_ij x_j - γ d_i, d_i from the gradient at the old x_i and, with weight
// decay, the mixed model. In the trace `before` and `after` are the models at the step's beginning and end, and the distances those
// before and after mixing: distance_before is Ξ of `before`, distance_after that of W x. The phases' policies may be rounds() and exact().
Trace dsgd_cta(const Problem& problem, const std::vector<Phase>& phases, const Sgd& sgd, const LearningRate& lr);

}  // namespace xib::reference
