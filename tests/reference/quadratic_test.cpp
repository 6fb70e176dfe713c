#include "reference/quadratic.hpp"

#include <catch2/catch.hpp>
#include <cmath>

using namespace xib::reference;

namespace {
// Two nodes, two coordinates; x* = (3, -2).
const Quadratic kSmall{.curvature = {{1, 2}, {3, 2}}, .centre = {{0, 0}, {4, -4}}, .noise = 0.5, .seed = 7};
}  // namespace

TEST_CASE("the gradient of a quadratic is its derivative") {
  const double h = 0.125;  // central differences of a quadratic are exact, and dyadic numbers round nothing
  const Vector x{1, 3};

  const Vector g = gradient(kSmall, x);

  CHECK(g[0] == (value(kSmall, {1 + h, 3}) - value(kSmall, {1 - h, 3})) / (2 * h));
  CHECK(g[1] == (value(kSmall, {1, 3 + h}) - value(kSmall, {1, 3 - h})) / (2 * h));
  CHECK(g == Vector{-4, 10});
}

TEST_CASE("the optimum weighs the centres by their curvatures") {
  CHECK(optimum(kSmall) == Vector{3, -2});
  CHECK(gradient(kSmall, optimum(kSmall)) == Vector{0, 0});
  CHECK(smoothness(kSmall) == 3);
  CHECK(heterogeneity(kSmall) == 25);  // gradients (3, -4) and (-3, 4)
  CHECK(noise_variance(kSmall) == 0.5);
}

TEST_CASE("the mean of the nodes' gradients is the gradient of f") {
  const Vector x{2, 1};

  CHECK(mean({gradient(kSmall, 0, x), gradient(kSmall, 1, x)}) == gradient(kSmall, x));
}

TEST_CASE("gradient noise depends on node and step, not on the order of the calls") {
  const Problem p = problem(kSmall, {0, 0});
  const Vector x{1, 1};

  const Vector first = p.gradient(0, 5, x);
  CHECK(p.gradient(1, 5, x) != p.gradient(0, 5, x));
  CHECK(p.gradient(0, 6, x) != first);
  CHECK(p.gradient(0, 5, x) == first);
}

TEST_CASE("gradient noise has the variance that it says") {
  const int dim = 20000;
  const Quadratic q = isotropic(1, dim, 1, 0, 0.5, 3);

  const Vector g = problem(q, Vector(dim, 0)).gradient(0, 0, Vector(dim, 0));  // centre 0: noise only

  // ||g||² / σ² is chi-square over its d degrees of freedom: standard error sqrt(2 / d) = 1 %.
  CHECK(squared_norm(g) / noise_variance(q) == Approx(1).margin(5 * std::sqrt(2.0 / dim)).epsilon(0));
}
