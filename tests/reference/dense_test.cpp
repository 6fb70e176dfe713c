#include "reference/dense.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "reference/eigen.hpp"
#include "tests/reference/matrices.hpp"

using namespace xib::reference;

namespace {
const Matrix kPath{{0.75, 0.25, 0}, {0.25, 0.5, 0.25}, {0, 0.25, 0.75}};
const Matrix kModels{{8, -8}, {0, 4}, {16, 0}};
}  // namespace

TEST_CASE("the consensus distance of two models is half their distance") {
  CHECK(consensus_distance({{0, 0}, {6, 8}}) == 5);
  CHECK(consensus_distance({{3, -1}, {3, -1}}) == 0);
}

TEST_CASE("the consensus distance is the root of the mean squared distance to the mean, not the mean distance") {
  CHECK(consensus_distance({{0}, {0}, {0}, {8}}) == std::sqrt(12.0));  // mean 2: (4 + 4 + 4 + 36) / 4
}

TEST_CASE("a round is W X") { CHECK(product(kPath, kModels) == Matrix{{6, -5}, {6, 0}, {12, 1}}); }

TEST_CASE("a doubly stochastic round keeps the mean") {
  CHECK(mean(kModels) == Vector{8, -4.0 / 3});
  CHECK(mean(product(kPath, kModels)) == mean(kModels));
}

TEST_CASE("the local displacement is how far one round moves the models") {
  CHECK(local_displacement(kPath, kModels) == std::sqrt(82.0 / 3));  // moves (-2, 3), (6, -4), (-4, 1)
}

TEST_CASE("a mixing matrix made dense has its entries and zeros elsewhere") { CHECK(dense(sparse(kPath)) == kPath); }

TEST_CASE("matrices that do not fit are refused") { CHECK_THROWS_AS(product(kPath, Matrix{{1}, {2}}), xib::Error); }

TEST_CASE("eigenvalues of a ring are (1 + 2 cos(2 pi k / n)) / 3") {
  for (std::size_t n : {3, 4, 5, 8, 16}) {
    Vector expected;
    for (std::size_t k = 0; k < n; ++k) expected.push_back((1 + 2 * std::cos(2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(n))) / 3);
    std::sort(expected.begin(), expected.end());

    const Eigen eigen = symmetric_eigen(ring_matrix(n, 1.0 / 3));

    // Jacobi's backward error is a few ulps of ||W|| = 1 per sweep; 1e-14 is 45 of them.
    for (std::size_t k = 0; k < n; ++k) CHECK(eigen.values[k] == Approx(expected[k]).margin(1e-14).epsilon(0));
  }
}

TEST_CASE("eigenvectors are orthonormal and put the matrix together again") {
  const Matrix a{{4, 1, -2}, {1, 0, 3}, {-2, 3, -5}};

  const Eigen eigen = symmetric_eigen(a);

  Matrix scaled = eigen.vectors;
  for (std::size_t k = 0; k < 3; ++k)
    for (double& entry : scaled[k]) entry *= eigen.values[k];
  const Matrix again = product(transposed(eigen.vectors), scaled), gram = product(eigen.vectors, transposed(eigen.vectors));
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) {
      CHECK(again[i][j] == Approx(a[i][j]).margin(1e-13).epsilon(0));  // 64 ulps of ||a||, about 7
      CHECK(gram[i][j] == Approx(i == j ? 1 : 0).margin(1e-14).epsilon(0));
    }
}

TEST_CASE("an unsymmetric matrix has no symmetric eigenvalues") { CHECK_THROWS_AS(symmetric_eigen({{0, 1}, {2, 0}}), xib::Error); }
