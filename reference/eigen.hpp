#pragma once

#include "reference/dense.hpp"

namespace xib::reference {

struct Eigen {
  Vector values;   // ascending
  Matrix vectors;  // row k: the unit eigenvector of values[k]
};

// Of a symmetric matrix, by Jacobi's cyclic rotations: slow, and correct to a few ulps of the largest eigenvalue.
Eigen symmetric_eigen(Matrix a);

}  // namespace xib::reference
