#include "reference/quadratic.hpp"

#include <algorithm>

#include "harness/core/random.hpp"

namespace xib::reference {

Quadratic isotropic(int nodes, int dim, double a, double spread, double noise, std::uint64_t seed) {
  const std::size_t n = static_cast<std::size_t>(nodes), d = static_cast<std::size_t>(dim);
  Quadratic q{Matrix(n, Vector(d, a)), zeros(n, d), noise, seed};
  for (std::size_t i = 0; i < n; ++i) {
    RandomStream stream(seed, Purpose::problem, static_cast<std::uint32_t>(i));
    for (double& b : q.centre[i]) b = spread * stream.normal();
  }
  return q;
}

Vector gradient(const Quadratic& q, int node, const Vector& x) {
  const Vector &a = q.curvature[static_cast<std::size_t>(node)], &b = q.centre[static_cast<std::size_t>(node)];
  Vector g(x.size());
  for (std::size_t c = 0; c < x.size(); ++c) g[c] = a[c] * (x[c] - b[c]);
  return g;
}

Vector gradient(const Quadratic& q, const Vector& x) {
  Matrix g;
  for (std::size_t i = 0; i < q.centre.size(); ++i) g.push_back(gradient(q, static_cast<int>(i), x));
  return mean(g);
}

namespace {

double value(const Quadratic& q, std::size_t i, const Vector& x) {
  double f = 0;
  for (std::size_t c = 0; c < x.size(); ++c) f += q.curvature[i][c] * (x[c] - q.centre[i][c]) * (x[c] - q.centre[i][c]) / 2;
  return f;
}

}  // namespace

double value(const Quadratic& q, const Vector& x) {
  double f = 0;
  for (std::size_t i = 0; i < q.centre.size(); ++i) f += value(q, i, x);
  return f / static_cast<double>(q.centre.size());
}

Problem problem(const Quadratic& q, const Vector& initial) {
  return {.nodes = static_cast<int>(q.centre.size()),
          .initial = initial,
          .gradient =
              [q](int node, std::int64_t step, const Vector& x) {
                Vector g = gradient(q, node, x);
                RandomStream stream(q.seed, Purpose::gradient_noise, static_cast<std::uint32_t>(node), 0, static_cast<std::uint32_t>(step));
                for (double& a : g) a += q.noise * stream.normal();
                return g;
              },
          .loss = [q](int node, std::int64_t, const Vector& x) { return value(q, static_cast<std::size_t>(node), x); }};
}

Vector optimum(const Quadratic& q) {
  Vector x(q.centre[0].size());
  for (std::size_t c = 0; c < x.size(); ++c) {
    double weighted = 0, weight = 0;
    for (std::size_t i = 0; i < q.centre.size(); ++i) {
      weighted += q.curvature[i][c] * q.centre[i][c];
      weight += q.curvature[i][c];
    }
    x[c] = weighted / weight;
  }
  return x;
}

double smoothness(const Quadratic& q) {
  double largest = 0;
  for (const Vector& row : q.curvature) largest = std::max(largest, *std::max_element(row.begin(), row.end()));
  return largest;
}

double noise_variance(const Quadratic& q) { return static_cast<double>(q.centre[0].size()) * q.noise * q.noise; }

double heterogeneity(const Quadratic& q) {
  const Vector x = optimum(q);
  double s = 0;
  for (std::size_t i = 0; i < q.centre.size(); ++i) s += squared_norm(gradient(q, static_cast<int>(i), x));
  return s / static_cast<double>(q.centre.size());
}

}  // namespace xib::reference
