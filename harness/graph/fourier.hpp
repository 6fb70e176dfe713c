#pragma once

#include <complex>
#include <optional>
#include <span>
#include <vector>

#include "harness/graph/mixing_matrix.hpp"

namespace xib {

// Abelian group Z_a x Z_b x ... on the nodes, as {a, b, ...}; nodes are numbered in row-major order.
using GroupShape = std::vector<int>;

// Group whose translations leave all these matrices unchanged: Z_n for circulants (ring, exponential, complete), Z_r x Z_c for a torus, Z_2^m for a hypercube;
// nullopt: none of these.
std::optional<GroupShape> translation_group(std::span<const MixingMatrix> matrices);

// Eigenvalues of a translation-invariant W in closed form: the Fourier transform of its row 0, one per frequency. Frequency 0, with eigenvalue 1, is first.
// Matrices of one group have the same eigenvectors. Cost: n times degree.
std::vector<std::complex<double>> fourier_eigenvalues(const MixingMatrix& w, const GroupShape& shape);

}  // namespace xib
