#include "harness/graph/dense.hpp"

#include <Eigen/Dense>
#include <cmath>

#include "harness/core/check.hpp"
#include "harness/graph/spectrum.hpp"

namespace xib {
namespace {

using View = Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;

View view(const Dense& x) { return {x.values.data(), x.n, x.n}; }

std::vector<double> eigenvalues(const Eigen::MatrixXd& symmetric) {
  const Eigen::VectorXd values = Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(symmetric, Eigen::EigenvaluesOnly).eigenvalues();
  return {values.begin(), values.end()};
}

}  // namespace

Dense::Dense(int size, double diagonal) : n(size), values(static_cast<std::size_t>(size) * static_cast<std::size_t>(size)) {
  for (int i = 0; i < n; ++i) (*this)(i, i) = diagonal;
}

Dense dense(const MixingMatrix& w) {
  Dense x(w.size());
  for (int i = 0; i < x.n; ++i)
    for (const auto& [j, value] : w.row(i)) x(i, j) = value;
  return x;
}

Dense operator*(const MixingMatrix& w, const Dense& x) {
  Dense y(x.n);
  for (int i = 0; i < x.n; ++i)
    for (const auto& [j, value] : w.row(i))
      for (int k = 0; k < x.n; ++k) y(i, k) += value * x(j, k);
  return y;
}

void add_gram(const MixingMatrix& w, double weight, Dense& to) {
  for (int i = 0; i < w.size(); ++i)
    for (const auto& [j, a] : w.row(i))
      for (const auto& [k, b] : w.row(i)) to(j, k) += weight * a * b;
}

void subtract_mean(Dense& x) {
  for (double& value : x.values) value -= 1.0 / x.n;
}

double trace(const Dense& x) {
  double sum = 0;
  for (int i = 0; i < x.n; ++i) sum += x(i, i);
  return sum;
}

Dense transposed(const Dense& x) {
  Dense y(x.n);
  for (int i = 0; i < x.n; ++i)
    for (int j = 0; j < x.n; ++j) y(j, i) = x(i, j);
  return y;
}

void require_dense(int nodes) {
  require(nodes <= kDenseNodes,
          "the spectrum of this graph needs a dense eigen-solver, which takes too long for {} nodes: use at most {}, or a graph with "
          "closed forms "
          "(ring, torus, hypercube, circulant, exponential)",
          nodes, kDenseNodes);
}

std::vector<double> symmetric_eigenvalues(const Dense& x) {
  require_dense(x.n);
  return eigenvalues(view(x));
}

double spectral_norm(const Dense& x) {
  require_dense(x.n);
  const Eigen::MatrixXd gram = view(x).transpose() * view(x);
  return std::sqrt(std::max(0.0, eigenvalues(gram).back()));
}

}  // namespace xib
