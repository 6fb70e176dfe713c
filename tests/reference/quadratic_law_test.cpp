#include "reference/quadratic_law.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "reference/dsgd.hpp"
#include "tests/reference/matrices.hpp"

using namespace xib::reference;

namespace {

struct Case {
  Matrix w;
  double a, lr;
  int rounds;
};

const Case kCases[] = {{ring_matrix(4, 0.25), 1, 0.25, 1},     {ring_matrix(8, 1.0 / 3), 0.5, 0.125, 1}, {ring_matrix(8, 1.0 / 3), 1, 0.5, 3},
                       {lazy_complete(8, 0.25), 2, 0.0625, 1}, {ring_matrix(16, 1.0 / 3), 1, 1.5, 1},    {ring_matrix(5, 0.125), 0.25, 1, 2}};

double expected_by_recursion(const Quadratic& q, const Case& c, int steps) {
  ModelLaw law = at_consensus(static_cast<int>(c.w.size()), Vector(q.centre[0].size(), 1));
  for (int t = 0; t < steps; ++t) {
    law = local_step(law, q, c.lr);
    for (int k = 0; k < c.rounds; ++k) law = round(law, c.w);
  }
  return expected_distance2(law);
}

}  // namespace

TEST_CASE("two nodes, worked by hand") {
  // λ₂ = 1/2, γ a = 1/2: r = 1/4. One coordinate, b = ±2, so β = 2 sqrt(2); s = 1, γ = 1/2.
  const Quadratic q{.curvature = {{1}, {1}}, .centre = {{2}, {-2}}, .noise = 1, .seed = 1};
  const Matrix w{{0.75, 0.25}, {0.25, 0.75}};

  const DistanceLaw one = distance_law(q, w, 0.5, 1, 1), ever = stationary_distance_law(q, w, 0.5, 1);

  // t = 1: M² = (1/4 · 2 sqrt(2))² = 1/2, V = 1/16. Stationary: M = that / (3/4), V = (1/16) / (15/16). Ξ² = m²/2 with m of N(M, V).
  CHECK(one.mean == Approx((0.5 + 1.0 / 16) / 2).epsilon(1e-14));
  CHECK(one.variance == Approx((2.0 / 256 + 4 * 0.5 / 16) / 4).epsilon(1e-14));
  CHECK(ever.mean == Approx((8.0 / 9 + 1.0 / 15) / 2).epsilon(1e-14));
}

TEST_CASE("the closed form agrees with the recursion of mean and covariance") {
  for (const Case& c : kCases) {
    const Quadratic q = isotropic(static_cast<int>(c.w.size()), 3, c.a, 0.5, 0.75, 11);
    // Both are sums of at most 100 steps of positive terms in double: 1e-12 is 45 ulps per step.
    for (int steps : {1, 2, 7, 100}) CHECK(distance_law(q, c.w, c.lr, c.rounds, steps).mean == Approx(expected_by_recursion(q, c, steps)).epsilon(1e-12));
  }
}

TEST_CASE("the law after many steps is the stationary one") {
  for (const Case& c : kCases) {
    const Quadratic q = isotropic(static_cast<int>(c.w.size()), 3, c.a, 0.5, 0.75, 11);
    const DistanceLaw many = distance_law(q, c.w, c.lr, c.rounds, 1000), ever = stationary_distance_law(q, c.w, c.lr, c.rounds);
    CHECK(many.mean == Approx(ever.mean).epsilon(1e-12));  // the slowest mode has |r| < 0.95: 0.95^1000 is 5e-23
    CHECK(many.variance == Approx(ever.variance).epsilon(1e-12));
  }
}

TEST_CASE("a step size at which a mode grows has no stationary distance") {
  const Quadratic q = isotropic(4, 1, 1, 0, 1, 1);

  CHECK_THROWS_AS(stationary_distance_law(q, ring_matrix(4, 0.25), 3.5, 1), xib::Error);  // λ₂ = 1/2: r = -5/4
}

TEST_CASE("simulated D-SGD has the distance of the law") {
  for (const Case& c : kCases) {
    const std::size_t d = 2000;
    const Quadratic q = isotropic(static_cast<int>(c.w.size()), static_cast<int>(d), c.a, 0.5, 1, 5);

    const Trace t = dsgd(problem(q, Vector(d, 1)), {{40, rounds(c.rounds), fixed(c.w)}}, {}, [&c](std::int64_t) { return c.lr; });

    // One run of d independent coordinates is d runs of one. Var Ξ² is exact and Ξ², a sum of more than d terms, is close to normal: five
    // standard errors are missed by a correct simulator once in two million. They are under 20 % of Ξ², so a wrong factor 2 is seen.
    for (std::size_t step : {0u, 1u, 3u, 9u, 39u}) {
      const DistanceLaw law = distance_law(q, c.w, c.lr, c.rounds, static_cast<std::int64_t>(step) + 1);
      const double error = std::sqrt(law.variance), measured = t[step].distance_after * t[step].distance_after;
      CHECK(measured == Approx(law.mean).margin(5 * error).epsilon(0));
      CHECK(5 * error < 0.2 * law.mean);
    }
  }
}
