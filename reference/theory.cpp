#include "reference/theory.hpp"

#include "reference/eigen.hpp"

namespace xib::reference {

double mixing_parameter(const Matrix& w) {
  const double n = static_cast<double>(w.size());
  Matrix a = w;  // W - J
  for (Vector& row : a)
    for (double& entry : row) entry -= 1 / n;
  return 1 - symmetric_eigen(product(transposed(a), a)).values.back();
}

double mixing_parameter_of_rounds(double p, int k) { return 1 - std::pow(1 - p, k); }

double recursion_bound(double distance2, double p, double lr, double phi2, double sigma2) {
  return (1 - p / 2) * distance2 + 12 * (1 - p) / p * lr * lr * (phi2 + sigma2);
}

double steady_state_bound(double p, double lr, double phi2, double sigma2) { return 24 * (1 - p) * lr * lr * (phi2 + sigma2) / (p * p); }

double typical_distance2(double p, double lr, double phi2, double sigma2) { return (1 - p) * lr * lr * (phi2 / (p * p) + sigma2 / p); }

double critical_distance2(double lr, double sigma2, double L, int n, double gradient_norm2) { return lr * sigma2 / (L * n) + gradient_norm2 / (8 * L * L); }

double distance_bound(double p, double displacement) { return 2 / p * displacement; }

}  // namespace xib::reference
