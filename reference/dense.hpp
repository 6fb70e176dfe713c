#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "harness/core/check.hpp"
#include "harness/graph/mixing_matrix.hpp"

// Dense vectors and matrices in double, by the definitions and with no thought of speed.
namespace xib::reference {

using Vector = std::vector<double>;
using Matrix = std::vector<Vector>;  // rows; of models: row i is x_i

inline Matrix zeros(std::size_t rows, std::size_t columns) { return Matrix(rows, Vector(columns, 0)); }

inline Matrix identity(std::size_t n) {
  Matrix a = zeros(n, n);
  for (std::size_t i = 0; i < n; ++i) a[i][i] = 1;
  return a;
}

inline Matrix transposed(const Matrix& a) {
  Matrix t = zeros(a[0].size(), a.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < a[i].size(); ++j) t[j][i] = a[i][j];
  return t;
}

// A B. One round of gossip is W X: x_i <- sum_j w_ij x_j.
inline Matrix product(const Matrix& a, const Matrix& b) {
  Matrix c = zeros(a.size(), b[0].size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    require(a[i].size() == b.size(), "cannot multiply a row of {} numbers with a matrix of {} rows", a[i].size(), b.size());
    for (std::size_t k = 0; k < b.size(); ++k)
      for (std::size_t j = 0; j < b[k].size(); ++j) c[i][j] += a[i][k] * b[k][j];
  }
  return c;
}

// alpha A + beta B
inline Matrix sum(double alpha, const Matrix& a, double beta, const Matrix& b) {
  Matrix c = a;
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < a[i].size(); ++j) c[i][j] = alpha * a[i][j] + beta * b[i][j];
  return c;
}

inline Matrix dense(const MixingMatrix& w) {
  const std::size_t n = static_cast<std::size_t>(w.size());
  Matrix a = zeros(n, n);
  for (std::size_t i = 0; i < n; ++i)
    for (const Weight& entry : w.row(static_cast<int>(i))) a[i][static_cast<std::size_t>(entry.node)] = entry.value;
  return a;
}

inline double squared_norm(const Vector& v) {
  double s = 0;
  for (double a : v) s += a * a;
  return s;
}

// x̄ = (1/n) sum_i x_i
inline Vector mean(const Matrix& x) {
  Vector m(x[0].size(), 0);
  for (const Vector& row : x)
    for (std::size_t k = 0; k < m.size(); ++k) m[k] += row[k];
  for (double& a : m) a /= static_cast<double>(x.size());
  return m;
}

// (1/n) sum_i ||a_i - b_i||²
inline double mean_squared_difference(const Matrix& a, const Matrix& b) {
  double s = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t k = 0; k < a[i].size(); ++k) s += (a[i][k] - b[i][k]) * (a[i][k] - b[i][k]);
  return s / static_cast<double>(a.size());
}

// The consensus distance Ξ = sqrt((1/n) sum_i ||x̄ - x_i||²).
inline double consensus_distance(const Matrix& x) { return std::sqrt(mean_squared_difference(Matrix(x.size(), mean(x)), x)); }

// The local displacement Θ = sqrt((1/n) sum_i ||sum_j w_ij x_j - x_i||²).
inline double local_displacement(const Matrix& w, const Matrix& x) { return std::sqrt(mean_squared_difference(product(w, x), x)); }

}  // namespace xib::reference
