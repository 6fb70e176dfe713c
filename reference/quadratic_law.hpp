#pragma once

#include <cstdint>

#include "reference/dense.hpp"
#include "reference/quadratic.hpp"

// What D-SGD (momentum 0, no weight decay, adapt then combine) does to the consensus distance on a Quadratic whose curvature is one
// number a everywhere: exactly, in closed form. The simulator is judged by this, and the bounds of theory.hpp by it too.
namespace xib::reference {

// Ξ² after mixing, as a random variable.
struct DistanceLaw {
  double mean = 0, variance = 0;
};

// For a symmetric W, `rounds` per step. Write W = sum_k λ_k u_k u_kᵀ with orthonormal u_k (u_1 = 1/sqrt(n) is the mean, which Ξ does
// not see) and μ_k = λ_k^rounds. A step is X <- W^rounds (X - γ a (X - B) - γ s N), N of independent N(0, 1), so the mode
// m_k = u_kᵀ X (a row of d numbers) follows
//   m_k <- r_k m_k + μ_k γ a β_k - μ_k γ s ν_k,   r_k = μ_k (1 - γ a),   β_k = u_kᵀ B,   ν_k again independent N(0, 1).
// Started at consensus (m_k = 0 for k >= 2), its entries after t steps are independent normals with
//   mean M_k = (1 - r_k^t) μ_k γ a β_k / (1 - r_k),   variance V_k = (1 - r_k^2t) μ_k² γ² s² / (1 - r_k²),
// and Ξ² = (1/n) sum_{k>=2} ||m_k||² has
//   E Ξ² = (1/n) sum_k (||M_k||² + d V_k),   Var Ξ² = (1/n²) sum_k (2 d V_k² + 4 V_k ||M_k||²).
// Throws Error(input) unless |r_k| < 1 for all k >= 2.
DistanceLaw distance_law(const Quadratic& q, const Matrix& w, double lr, int rounds, std::int64_t steps);

// The limit t -> infinity: r_k^t = 0.
DistanceLaw stationary_distance_law(const Quadratic& q, const Matrix& w, double lr, int rounds);

// The same expectation without eigenvectors, for any W that may change from round to round: mean and covariance of X (the covariance
// of a column; columns are independent) are carried along,
//   local step: mean <- (1 - γ a) mean + γ a B,  covariance <- (1 - γ a)² covariance + γ² s² I
//   round:      mean <- W mean,                  covariance <- W covariance Wᵀ
struct ModelLaw {
  Matrix mean;        // n x d
  Matrix covariance;  // n x n
};
ModelLaw at_consensus(int nodes, const Vector& initial);
ModelLaw local_step(const ModelLaw& law, const Quadratic& q, double lr);
ModelLaw round(const ModelLaw& law, const Matrix& w);
// (1/n) (||mean - its average row||² + d tr(Π covariance Π)), Π = I - J
double expected_distance2(const ModelLaw& law);

}  // namespace xib::reference
