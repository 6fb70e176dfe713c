#include "harness/gap/student.hpp"

#include <cmath>
#include <limits>

#include "harness/core/check.hpp"

namespace xib {
namespace {

// The continued fraction of I_x(a, b) by Lentz's method (Numerical Recipes 6.4; DLMF 8.17.22). Converges fast for x < (a+1)/(a+b+2).
double beta_fraction(double a, double b, double x) {
  constexpr double tiny = 1e-300;
  const auto away_from_zero = [](double value) { return std::abs(value) < tiny ? tiny : value; };
  double c = 1, d = 1 / away_from_zero(1 - (a + b) * x / (a + 1)), fraction = d;
  for (int m = 1; m < 10000; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away_from_zero(1 + even * d);
    c = away_from_zero(1 + even / c);
    fraction *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away_from_zero(1 + odd * d);
    c = away_from_zero(1 + odd / c);
    fraction *= d * c;
    if (std::abs(d * c - 1) < std::numeric_limits<double>::epsilon()) break;
  }
  return fraction;
}

}  // namespace

double incomplete_beta(double a, double b, double x) {
  require(a > 0 && b > 0 && x >= 0 && x <= 1, "incomplete_beta({}, {}, {}) is outside a, b > 0, 0 <= x <= 1", a, b, x);
  if (x == 0 || x == 1) return x;
  const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double student_t_tails(double t, double degrees_of_freedom) {
  const double nu = degrees_of_freedom;
  return incomplete_beta(nu / 2, 0.5, nu / (nu + t * t));
}

double student_t_cdf(double t, double degrees_of_freedom) {
  const double half = student_t_tails(std::abs(t), degrees_of_freedom) / 2;
  return t < 0 ? half : 1 - half;
}

double student_t_quantile(double probability, double degrees_of_freedom) {
  require(probability > 0 && probability < 1 && degrees_of_freedom > 0, "there is no t quantile of {} with {} degrees of freedom", probability,
          degrees_of_freedom);
  if (probability == 0.5) return 0;
  const double tails = 2 * std::fmin(probability, 1 - probability);
  double low = 0, high = 1;
  while (student_t_tails(high, degrees_of_freedom) > tails) high *= 2;
  for (double middle = (low + high) / 2; low < middle && middle < high; middle = (low + high) / 2)
    (student_t_tails(middle, degrees_of_freedom) > tails ? low : high) = middle;
  return probability < 0.5 ? -low : low;
}

}  // namespace xib
