#pragma once

#include <utility>
#include <vector>

#include "reference/dense.hpp"

// Mixing matrices written out, so that the judge is not tested with the code it judges.
namespace xib::reference {

inline MixingMatrix sparse(const Matrix& w, MixingMatrix::Stochastic stochastic = MixingMatrix::Stochastic::rows) {
  std::vector<std::vector<Weight>> rows(w.size());
  for (std::size_t i = 0; i < w.size(); ++i)
    for (std::size_t j = 0; j < w.size(); ++j)
      if (w[i][j] != 0 || i == j) rows[i].push_back({static_cast<int>(j), w[i][j]});
  return MixingMatrix(std::move(rows), stochastic);
}

inline MixingSchedule fixed(const Matrix& w) { return MixingSchedule(std::vector<MixingMatrix>{sparse(w)}); }

// Weight `share` to either neighbor, the rest on the diagonal; n >= 3.
inline Matrix ring_matrix(std::size_t n, double share) {
  Matrix w = zeros(n, n);
  for (std::size_t i = 0; i < n; ++i) {
    w[i][i] = 1 - 2 * share;
    w[i][(i + 1) % n] += share;
    w[(i + 1) % n][i] += share;
  }
  return w;
}

// (1 - rho) I + rho J: every node sees every other, p = 1 - (1 - rho)².
inline Matrix lazy_complete(std::size_t n, double rho) {
  Matrix w(n, Vector(n, rho / static_cast<double>(n)));
  for (std::size_t i = 0; i < n; ++i) w[i][i] += 1 - rho;
  return w;
}

}  // namespace xib::reference
