#pragma once

#include "harness/graph/mixing_matrix.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace xib {

// The Gram matrix of X - x̄ through gossip rounds: G <- C W G Wᵀ C with C = I - J, which subtracts the means of rows, then of columns, as for column sums
// other than 1 the mean moves. Sums run over nodes in ascending order. Eight rows at a time meet W twice while they are in cache: whole rows of G first,
// then, turned, all their columns; no matrix is transposed.
class GramRounds {
 public:
  explicit GramRounds(std::span<const double> gram, std::size_t nodes);  // nodes x nodes, row-major
  void mix(const MixingMatrix& w);
  double trace() const;

 private:
  void mix_rows(const MixingMatrix& w, std::size_t begin);
  void centre();

  std::size_t n_, stride_;  // from row to row: not a power of two, as lines of the cache at such distances push each other out
  std::vector<double> gram_, next_, rows_, turned_, column_sums_;
};

}  // namespace xib
