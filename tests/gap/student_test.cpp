#include "harness/gap/student.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cmath>

#include "harness/core/check.hpp"

using namespace xib;

TEST_CASE("the incomplete beta function has its closed forms") {
  // I_x(1, 1) = x; I_x(a, 1) = x^a; I_x(2, 3) = 6x^2 - 8x^3 + 3x^4, 11/16 at 1/2; I_x(1/2, 1/2) = (2/pi) asin sqrt(x).
  for (const double x : {0.0, 0.125, 0.5, 0.75, 1.0}) {
    CHECK(incomplete_beta(1, 1, x) == Approx(x).epsilon(1e-14));
    CHECK(incomplete_beta(3, 1, x) == Approx(x * x * x).epsilon(1e-14));
    CHECK(incomplete_beta(0.5, 0.5, x) == Approx(2 / M_PI * std::asin(std::sqrt(x))).epsilon(1e-13));
    CHECK(incomplete_beta(2.5, 7, x) == Approx(1 - incomplete_beta(7, 2.5, 1 - x)).epsilon(1e-13));
  }
  CHECK(incomplete_beta(2, 3, 0.5) == Approx(11.0 / 16).epsilon(1e-14));
}

TEST_CASE("quantiles agree with the printed t table") {
  struct Row {
    double degrees, p95, p975, p995;
  };
  // Abramowitz and Stegun, table 26.10; three decimals there, more from R's qt().
  constexpr std::array rows{Row{1, 6.313751515, 12.706204736, 63.656741163}, Row{2, 2.919985580, 4.302652730, 9.924843201},
                            Row{3, 2.353363435, 3.182446305, 5.840909310},   Row{4, 2.131846786, 2.776445105, 4.604094871},
                            Row{9, 1.833112933, 2.262157163, 3.249835542},   Row{19, 1.729132812, 2.093024054, 2.860934606},
                            Row{30, 1.697260887, 2.042272456, 2.749995654},  Row{120, 1.657650899, 1.979930405, 2.617421145}};
  for (const auto& row : rows) {
    CAPTURE(row.degrees);
    CHECK(student_t_quantile(0.95, row.degrees) == Approx(row.p95).epsilon(1e-9));
    CHECK(student_t_quantile(0.975, row.degrees) == Approx(row.p975).epsilon(1e-9));
    CHECK(student_t_quantile(0.995, row.degrees) == Approx(row.p995).epsilon(1e-9));
    CHECK(student_t_quantile(0.25, row.degrees) == -student_t_quantile(0.75, row.degrees));
  }
}

TEST_CASE("quantiles have the closed forms of one and two degrees of freedom and the normal limit") {
  for (const double p : {0.001, 0.25, 0.6, 0.9995}) {
    CHECK(student_t_quantile(p, 1) == Approx(std::tan(M_PI * (p - 0.5))).epsilon(1e-11));
    CHECK(student_t_quantile(p, 2) == Approx((2 * p - 1) / std::sqrt(2 * p * (1 - p))).epsilon(1e-11));
  }
  // z + (z^3 + z) / (4 nu) + O(nu^-2), z = 1.959963984540
  CHECK(student_t_quantile(0.975, 1e6) == Approx(1.959963984540 + 9.4892 / 4e6).epsilon(1e-9));
}

TEST_CASE("the quantile is the inverse of the distribution function") {
  for (const double degrees : {1.0, 2.0, 7.0, 63.0})
    for (const double p : {0.0005, 0.05, 0.5, 0.8, 0.999}) CHECK(student_t_cdf(student_t_quantile(p, degrees), degrees) == Approx(p).epsilon(1e-12));
}

TEST_CASE("what has no quantile is refused") {
  CHECK_THROWS_AS(student_t_quantile(1, 3), Error);
  CHECK_THROWS_AS(student_t_quantile(0.5, 0), Error);
  CHECK_THROWS_AS(incomplete_beta(1, 1, 1.5), Error);
}
