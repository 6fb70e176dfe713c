#pragma once

#include <vector>

#include "harness/graph/mixing_matrix.hpp"

namespace xib {

// Dense n x n matrix for the mathematics of graphs; rows are contiguous.
struct Dense {
  explicit Dense(int size, double diagonal = 0);
  double& operator()(int i, int j) { return values[static_cast<std::size_t>(i) * static_cast<std::size_t>(n) + static_cast<std::size_t>(j)]; }
  double operator()(int i, int j) const { return const_cast<Dense&>(*this)(i, j); }
  int n;
  std::vector<double> values;
};

Dense dense(const MixingMatrix& w);
Dense operator*(const MixingMatrix& w, const Dense& x);
// Adds weight * WᵀW to `to`.
void add_gram(const MixingMatrix& w, double weight, Dense& to);
void subtract_mean(Dense& x);  // X - J
double trace(const Dense& x);
Dense transposed(const Dense& x);

// Refuses more than kDenseNodes nodes; the functions below call it.
void require_dense(int nodes);
// Eigenvalues, ascending. Only the lower triangle is read.
std::vector<double> symmetric_eigenvalues(const Dense& x);
// ‖X‖₂
double spectral_norm(const Dense& x);

}  // namespace xib
