#pragma once

#include "reference/problem.hpp"
#include "reference/sgd.hpp"

namespace xib::reference {

// Centralized mini-batch SGD: one model, stepped with the mean over the nodes of their gradients at it. The trace shows that model
// as the row of every node; Ξ is 0.
Trace centralized(const Problem& problem, std::int64_t steps, const Sgd& sgd, const LearningRate& lr);

}  // namespace xib::reference
