#include "reference/eigen.hpp"

#include <algorithm>
#include <numeric>

namespace xib::reference {
namespace {

// A <- Rᵀ A R and V <- V-rows rotated alike, with the plane rotation R of (p, q) that makes a_pq zero (Golub and Van Loan, 8.5.2).
void rotate(Matrix& a, Matrix& vectors, std::size_t p, std::size_t q) {
  const double tau = (a[q][q] - a[p][p]) / (2 * a[p][q]);
  const double t = (tau >= 0 ? 1 : -1) / (std::abs(tau) + std::sqrt(1 + tau * tau));
  const double c = 1 / std::sqrt(1 + t * t), s = t * c;
  const auto turn = [c, s](double& x, double& y) {
    const double old = x;
    x = c * old - s * y;
    y = s * old + c * y;
  };
  for (std::size_t k = 0; k < a.size(); ++k) turn(a[k][p], a[k][q]);
  for (std::size_t k = 0; k < a.size(); ++k) turn(a[p][k], a[q][k]);
  for (std::size_t k = 0; k < a.size(); ++k) turn(vectors[p][k], vectors[q][k]);
}

}  // namespace

Eigen symmetric_eigen(Matrix a) {
  const std::size_t n = a.size();
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) require(a[i][j] == a[j][i], "eigenvalues by Jacobi need a symmetric matrix; entry {}, {} differs", i, j);

  Matrix vectors = identity(n);
  for (int sweep = 0; sweep < 100; ++sweep) {
    double off = 0, all = 0;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) {
        all += a[i][j] * a[i][j];
        if (i != j) off += a[i][j] * a[i][j];
      }
    if (off <= 1e-34 * all) break;
    for (std::size_t p = 0; p < n; ++p)
      for (std::size_t q = p + 1; q < n; ++q)
        if (a[p][q] != 0) rotate(a, vectors, p, q);
  }

  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&a](std::size_t i, std::size_t j) { return a[i][i] < a[j][j]; });
  Eigen result;
  for (std::size_t k : order) {
    result.values.push_back(a[k][k]);
    result.vectors.push_back(vectors[k]);
  }
  return result;
}

}  // namespace xib::reference
