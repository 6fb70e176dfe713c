#include "reference/theory.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "reference/dsgd.hpp"
#include "reference/quadratic.hpp"
#include "reference/quadratic_law.hpp"
#include "tests/reference/matrices.hpp"

using namespace xib::reference;

namespace {

// (1/n) sum_i ||∇f_i(x_i)||²
double phi2(const Quadratic& q, const Matrix& x) {
  double s = 0;
  for (std::size_t i = 0; i < x.size(); ++i) s += squared_norm(gradient(q, static_cast<int>(i), x[i]));
  return s / static_cast<double>(x.size());
}

Matrix power(const Matrix& w, int k) {
  Matrix a = identity(w.size());
  for (; k > 0; --k) a = product(w, a);
  return a;
}

std::vector<Matrix> graphs(std::size_t n) { return {ring_matrix(n, 1.0 / 3), ring_matrix(n, 0.25), lazy_complete(n, 0.5), lazy_complete(n, 0.9375)}; }

}  // namespace

TEST_CASE("the mixing parameter of a ring with weights 1/3") {
  for (std::size_t n : {4, 8, 16, 32}) {
    double largest = 0;
    for (std::size_t k = 1; k < n; ++k)
      largest = std::max(largest, std::pow((1 + 2 * std::cos(2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(n))) / 3, 2));
    // Eigenvalues of magnitude up to 1, a few ulps each.
    CHECK(mixing_parameter(ring_matrix(n, 1.0 / 3)) == Approx(1 - largest).margin(1e-13).epsilon(0));
  }
  CHECK(mixing_parameter(ring_matrix(16, 1.0 / 3)) == Approx(0.0989).margin(0.00005));
}

TEST_CASE("the mixing parameter of complete graphs") {
  CHECK(mixing_parameter(lazy_complete(8, 0.5)) == Approx(0.75).margin(1e-14));
  CHECK(mixing_parameter(lazy_complete(8, 1)) == Approx(1).margin(1e-14));
  CHECK(mixing_parameter(identity(8)) == Approx(0).margin(1e-14));
}

TEST_CASE("k rounds of a symmetric W mix with p_k = 1 - (1 - p)^k") {
  for (std::size_t n : {4, 8, 16})
    for (const Matrix& w : graphs(n))
      for (int k : {1, 2, 3, 5, 8}) CHECK(mixing_parameter(power(w, k)) == Approx(mixing_parameter_of_rounds(mixing_parameter(w), k)).margin(1e-12).epsilon(0));
}

TEST_CASE("k rounds of an unsymmetric W mix at least as well as p_k says") {
  // Doubly stochastic, far from normal: a 3-cycle with rests, then an averaging pair.
  const Matrix w = product(Matrix{{0.5, 0.5, 0}, {0.5, 0.5, 0}, {0, 0, 1}}, Matrix{{0.25, 0.75, 0}, {0, 0.25, 0.75}, {0.75, 0, 0.25}});
  const double p = mixing_parameter(w), p2 = mixing_parameter(power(w, 2));

  CHECK(p2 > mixing_parameter_of_rounds(p, 2) + 0.01);
}

TEST_CASE("hand-computed bounds") {
  CHECK(mixing_parameter_of_rounds(0.5, 3) == 0.875);
  CHECK(recursion_bound(8, 0.5, 0.25, 3, 1) == 0.75 * 8 + 12 * 4 / 16.0);
  CHECK(steady_state_bound(0.5, 0.25, 3, 1) == 24 * 0.5 * 4 / 16 / 0.25);
  CHECK(typical_distance2(0.5, 0.25, 3, 1) == 0.5 / 16 * (12 + 2));
  CHECK(critical_distance2(0.5, 8, 2, 4, 32) == 0.5 + 1);
  CHECK(distance_bound(0.25, 3) == 24);
}

TEST_CASE("the steady state is the fixed point of the recursion") {
  for (double p : {0.03125, 0.25, 0.5, 0.75}) {
    const double fixed_point = steady_state_bound(p, 0.125, 5, 2);
    CHECK(recursion_bound(fixed_point, p, 0.125, 5, 2) == Approx(fixed_point).epsilon(1e-15 * 8));  // a handful of roundings
  }
  CHECK(steady_state_bound(1, 0.125, 5, 2) == 0);
}

TEST_CASE("measured distances stay below the recursion bound") {
  int checked = 0;
  for (int n : {4, 8, 16})
    for (const Matrix& w : graphs(static_cast<std::size_t>(n)))
      for (double lr : {0.03125, 0.25, 1.0}) {
        const int d = 64;
        const Quadratic q = isotropic(n, d, 1, 0.5, 1, 3);
        const double p = mixing_parameter(w), sigma2 = noise_variance(q);

        const Trace t = dsgd(problem(q, Vector(d, 2)), {{40, rounds(1), fixed(w)}}, {}, [lr](std::int64_t) { return lr; });

        // The bound is on an expectation, but holds for the run itself: with b the gradients' and e the noise's part of the step,
        // ||a + b + e||² <= (1 + p/2) ||a||² + 2 (1 + 2/p) (||b||² + ||e||²), and 2 (1 - p)(1 + 2/p) <= 6 (1 - p)/p is half of the
        // constant, so the drawn noise may have up to twice its variance: chi-square over n d >= 256 degrees of freedom does not in e^-39.
        for (std::size_t s = 1; s < t.size(); ++s) {
          const double last = t[s - 1].distance_after * t[s - 1].distance_after, now = t[s].distance_after * t[s].distance_after;
          CHECK(now <= recursion_bound(last, p, lr, phi2(q, t[s - 1].after), sigma2));
          ++checked;
        }
      }
  CHECK(checked == 3 * 4 * 3 * 39);
}

TEST_CASE("the expected distance stays below the steady-state bound") {
  for (int n : {4, 8, 16})
    for (const Matrix& w : graphs(static_cast<std::size_t>(n)))
      for (double lr : {0.03125, 0.25, 1.0}) {
        const Quadratic q = isotropic(n, 8, 1, 0.5, 1, 3);
        ModelLaw law = at_consensus(n, Vector(8, 2));
        double largest_phi2 = 0;
        for (int step = 0; step < 100; ++step) {
          // E φ² with curvature 1: the squared gradient of the mean model, plus the variance of every coordinate
          double expected_phi2 = phi2(q, law.mean);
          for (std::size_t i = 0; i < law.mean.size(); ++i) expected_phi2 += 8 * law.covariance[i][i] / n;
          largest_phi2 = std::max(largest_phi2, expected_phi2);
          law = round(local_step(law, q, lr), w);
          CHECK(expected_distance2(law) <= steady_state_bound(mixing_parameter(w), lr, largest_phi2, noise_variance(q)));
        }
      }
}

TEST_CASE("a ring does not keep the bound of a graph that mixes better") {
  const double lr = 0.25;
  const Quadratic q = isotropic(16, 64, 1, 0, 1, 3);

  const Trace t = dsgd(problem(q, Vector(64, 0)), {{40, rounds(1), fixed(ring_matrix(16, 1.0 / 3))}}, {}, [lr](std::int64_t) { return lr; });

  double largest_phi2 = 0;
  for (const StepTrace& row : t) largest_phi2 = std::max(largest_phi2, phi2(q, row.after));
  const double p = mixing_parameter(lazy_complete(16, 0.9375));
  CHECK(std::pow(t.back().distance_after, 2) > steady_state_bound(p, lr, largest_phi2, noise_variance(q)));
}

TEST_CASE("the local displacement bounds the distance before the round") {
  for (int n : {4, 8, 16})
    for (const Matrix& w : graphs(static_cast<std::size_t>(n))) {
      const Matrix x = isotropic(n, 5, 1, 1, 0, 9).centre;  // any models
      const double bound = distance_bound(mixing_parameter(w), local_displacement(w, x));
      CHECK(consensus_distance(x) <= bound);
    }
}
