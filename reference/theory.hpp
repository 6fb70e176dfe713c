#pragma once

#include "reference/dense.hpp"

// The formulas of Kong et al. 2021 (Consensus Control for Decentralized Deep Learning, ICML) and those that the paper's authors
// restated later. Symbols: p mixing parameter, γ = lr step size, φ² = (1/n) sum_i ||∇f_i(x_i)||², σ² = E||g_i - ∇f_i||² gradient
// noise of one node, L smoothness, n nodes, Ξ consensus distance after mixing, Θ local displacement. p is that of every single round:
// of a fixed W, or of a W drawn anew in each round, for which all bounds are on means over the draws. A schedule with a period above 1
// has no such p, and none of these formulas: its rounds contract only together.
namespace xib::reference {

// p = 1 - ||W - J||₂², J = 1 1ᵀ/n: the largest p with ||W X - X̄||² <= (1 - p) ||X - X̄||² for all X (the paper's assumption on W).
double mixing_parameter(const Matrix& w);

// p_k = 1 - (1 - p)^k: k rounds in one step. Exact for a fixed symmetric W, a lower bound otherwise.
double mixing_parameter_of_rounds(double p, int k);

// The right-hand side of E Ξ²_{t+1} <= (1 - p/2) Ξ²_t + (12 (1 - p)/p) γ² (φ²_t + σ²) (the paper's consensus recursion, with the
// constants of a later restatement). It follows, with room to spare, from ||a + b||² <= (1 + p/2) ||a||² + (1 + 2/p) ||b||² for
// a = X - X̄ and b = γ (∇ - mean ∇), the zero-mean noise adding (1 - p) γ² σ²:
// (1 - p)(1 + p/2) <= 1 - p/2 and (1 - p)(1 + 2/p) <= 3 (1 - p)/p.
double recursion_bound(double distance2, double p, double lr, double phi2, double sigma2);

// The fixed point of the recursion when φ_t <= φ for all t: E Ξ² <= 24 (1 - p) γ² (φ² + σ²) / p².
double steady_state_bound(double p, double lr, double phi2, double sigma2);

// The paper's typical consensus distance with the constant of its O() set to 1: (1 - p) γ² (φ²/p² + σ²/p), for gradients with
// φ²_t <= (1 + p/4) φ²_{t+1}. A scale, not a bound; remembered, not checked against the paper's text.
double typical_distance2(double p, double lr, double phi2, double sigma2);

// The critical consensus distance Γ² = γ σ²/(L n) + ||∇f(x̄)||²/(8 L²): with Ξ²_t <= Γ²_t for all t D-SGD converges as fast as
// centralized SGD.
double critical_distance2(double lr, double sigma2, double L, int n, double gradient_norm2);

// Ξ <= (2/p) Θ for a fixed W, before the round that Θ is measured with. From ||X - X̄|| <= ||W X - X̄|| + ||W X - X|| and 1 - sqrt(1 - p) >= p/2.
double distance_bound(double p, double displacement);

}  // namespace xib::reference
