#pragma once

#include <vector>

#include "reference/dsgd.hpp"

namespace xib::reference {

// Quasi-global momentum (Lin, Karimireddy, Stich, Jaggi, ICML 2021, algorithm 1: QG-DSGDm; with nesterov QG-DSGDm-N), μ = β = sgd.momentum:
//   d_i = g_i + wd x_i;   m_i = β m̂_i + d_i;   x_i^(t+1/2) = x_i^t - γ m_i   (nesterov: d_i + β m_i in place of m_i)
//   x^(t+1) = W x^(t+1/2);   m̂_i <- μ m̂_i + (1 - μ) (x_i^t - x_i^(t+1)) / γ
// m̂ starts at 0, is never mixed, and stays as it is in a step with γ = 0. The phases' policies may be rounds() and exact().
Trace qg_dsgdm(const Problem& problem, const std::vector<Phase>& phases, const Sgd& sgd, const LearningRate& lr);

}  // namespace xib::reference
