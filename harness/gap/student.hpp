#pragma once

namespace xib {

// Student's t by the regularized incomplete beta function: exact to about 1e-13, where a table has three decimals and a normal
// approximation is wrong by a factor of six at two seeds.

// I_x(a, b) for a, b > 0 and x in [0, 1].
double incomplete_beta(double a, double b, double x);

double student_t_tails(double t, double degrees_of_freedom);  // P(|T| > t), t >= 0: both tails, to the last digit where 1 - cdf has none left
double student_t_cdf(double t, double degrees_of_freedom);

// The t with P(T <= t) = probability; probability in (0, 1), degrees_of_freedom > 0. Throws Error(input) otherwise.
double student_t_quantile(double probability, double degrees_of_freedom);

}  // namespace xib
