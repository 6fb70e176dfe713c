#pragma once

namespace xib {

// Student's t by the regularized incomplete beta function, exact to about 1e-13. A printed table has three decimals, and a normal approximation is wrong by a
// factor of six at two seeds.

// Function I_x(a, b) for a, b > 0 and x in [0, 1].
double incomplete_beta(double a, double b, double x);

double student_t_tails(double t, double degrees_of_freedom);  // P(|T| > t), t >= 0: both tails, accurate even if 1 - cdf would round to 0
double student_t_cdf(double t, double degrees_of_freedom);

// Quantile t with P(T <= t) = probability, for probability in (0, 1) and degrees_of_freedom > 0. Throws Error(input) otherwise.
double student_t_quantile(double probability, double degrees_of_freedom);

}  // namespace xib
