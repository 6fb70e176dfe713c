#include "reference/quadratic_law.hpp"

#include <cmath>
#include <limits>

#include "reference/eigen.hpp"

namespace xib::reference {
namespace {

double curvature_of(const Quadratic& q) {
  const double a = q.curvature[0][0];
  for (const Vector& row : q.curvature)
    for (double entry : row) require(entry == a, "the law of the distance is known for one curvature only, not for {} and {}", a, entry);
  return a;
}

// `steps` may be infinite.
DistanceLaw law(const Quadratic& q, const Matrix& w, double lr, int rounds, double steps) {
  const double n = static_cast<double>(w.size()), d = static_cast<double>(q.centre[0].size()), a = curvature_of(q);
  Matrix without_mean = w;  // W - J: λ_1 becomes 0 and takes the mean out of the sums
  for (Vector& row : without_mean)
    for (double& entry : row) entry -= 1 / n;
  const Eigen modes = symmetric_eigen(without_mean);
  const Matrix beta = product(modes.vectors, q.centre);

  DistanceLaw sums;
  for (std::size_t k = 0; k < w.size(); ++k) {
    const double mu = std::pow(modes.values[k], rounds), r = mu * (1 - lr * a);
    require(std::abs(r) < 1, "mode {} changes by a factor {} each step, not by less than 1: lower lr {} or connect the graph", k, r, lr);
    const double drift = (1 - std::pow(r, steps)) * mu * lr * a / (1 - r);
    const double m2 = drift * drift * squared_norm(beta[k]);
    const double v = (1 - std::pow(r * r, steps)) * mu * mu * lr * lr * q.noise * q.noise / (1 - r * r);
    sums.mean += (m2 + d * v) / n;
    sums.variance += (2 * d * v * v + 4 * v * m2) / (n * n);
  }
  return sums;
}

}  // namespace

DistanceLaw distance_law(const Quadratic& q, const Matrix& w, double lr, int rounds, std::int64_t steps) {
  return law(q, w, lr, rounds, static_cast<double>(steps));
}

DistanceLaw stationary_distance_law(const Quadratic& q, const Matrix& w, double lr, int rounds) {
  return law(q, w, lr, rounds, std::numeric_limits<double>::infinity());
}

ModelLaw at_consensus(int nodes, const Vector& initial) {
  const std::size_t n = static_cast<std::size_t>(nodes);
  return {Matrix(n, initial), zeros(n, n)};
}

ModelLaw local_step(const ModelLaw& law, const Quadratic& q, double lr) {
  const double a = curvature_of(q), keep = 1 - lr * a;
  return {sum(keep, law.mean, lr * a, q.centre), sum(keep * keep, law.covariance, lr * lr * q.noise * q.noise, identity(law.mean.size()))};
}

ModelLaw round(const ModelLaw& law, const Matrix& w) { return {product(w, law.mean), product(product(w, law.covariance), transposed(w))}; }

double expected_distance2(const ModelLaw& law) {
  const double n = static_cast<double>(law.mean.size()), d = static_cast<double>(law.mean[0].size());
  double trace = 0, total = 0;
  for (std::size_t i = 0; i < law.covariance.size(); ++i) {
    trace += law.covariance[i][i];
    for (double entry : law.covariance[i]) total += entry;
  }
  const double distance = consensus_distance(law.mean);
  return distance * distance + d * (trace - total / n) / n;
}

}  // namespace xib::reference
