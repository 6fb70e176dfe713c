#include "reference/logistic.hpp"

#include <algorithm>
#include <numbers>

#include "harness/core/random.hpp"
#include "reference/eigen.hpp"

namespace xib::reference {
namespace {

double dot(const Vector& a, const Vector& b) {
  double s = 0;
  for (std::size_t k = 0; k < a.size(); ++k) s += a[k] * b[k];
  return s;
}

void add(Vector& a, double factor, const Vector& b) {
  for (std::size_t k = 0; k < a.size(); ++k) a[k] += factor * b[k];
}

double probability(double z) { return 1 / (1 + std::exp(-z)); }

double sample_loss(const Logistic& q, std::size_t i, std::size_t j, const Vector& x) {
  const double margin = q.labels[i][j] * dot(q.features[i][j], x);
  return std::max(-margin, 0.0) + std::log1p(std::exp(-std::abs(margin)));
}

double penalty(const Logistic& q, const Vector& x) { return q.regularization / 2 * squared_norm(x); }

// H^-1 v through the eigenvectors u_k of H: sum_k u_k u_k'v / λ_k.
Vector solve(const Matrix& h, const Vector& v) {
  const Eigen modes = symmetric_eigen(h);
  Vector out(v.size(), 0);
  for (std::size_t k = 0; k < v.size(); ++k) add(out, dot(modes.vectors[k], v) / modes.values[k], modes.vectors[k]);
  return out;
}

}  // namespace

Logistic gaussian_logistic(const LogisticData& data, double regularization, std::int64_t batch, std::uint64_t seed) {
  const auto d = static_cast<std::size_t>(data.dim), m = static_cast<std::size_t>(data.samples);
  Logistic q{{}, {}, regularization, batch, seed};
  const double root = std::sqrt(static_cast<double>(d));
  Vector w(d), centre(d);
  RandomStream truth(seed, Purpose::problem);
  for (double& entry : w) entry = 2 / root * truth.normal();
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(data.nodes); ++i) {
    RandomStream centres(seed, Purpose::synthetic_data, i, 1), beliefs(seed, Purpose::problem, i, 1), samples(seed, Purpose::synthetic_data, i, 2);
    for (double& entry : centre) entry = data.shift * centres.normal();
    Vector own = w;
    for (double& entry : own) entry += data.spread / root * beliefs.normal();
    const double scale = std::sqrt(1 + data.tilt * std::cos(2 * std::numbers::pi * i / data.nodes));
    q.features.push_back(zeros(m, d));
    q.labels.emplace_back();
    for (Vector& a : q.features.back()) {
      for (std::size_t k = 0; k < d; ++k) a[k] = scale * (centre[k] + samples.normal());
      q.labels.back().push_back(samples.uniform() < probability(dot(a, own)) ? 1 : -1);
    }
  }
  return q;
}

Vector sample_gradient(const Logistic& q, int node, std::size_t sample, const Vector& x) {
  const std::size_t i = static_cast<std::size_t>(node);
  const double y = q.labels[i][sample];
  Vector g(x.size(), 0);
  add(g, -y * probability(-y * dot(q.features[i][sample], x)), q.features[i][sample]);
  return g;
}

Vector gradient(const Logistic& q, int node, const Vector& x) {
  const std::size_t m = q.labels[static_cast<std::size_t>(node)].size();
  Vector g(x.size(), 0);
  for (std::size_t j = 0; j < m; ++j) add(g, 1 / static_cast<double>(m), sample_gradient(q, node, j, x));
  add(g, q.regularization, x);
  return g;
}

Vector gradient(const Logistic& q, const Vector& x) {
  Matrix g;
  for (std::size_t i = 0; i < q.labels.size(); ++i) g.push_back(gradient(q, static_cast<int>(i), x));
  return mean(g);
}

double value(const Logistic& q, const Vector& x) {
  double f = 0;
  for (std::size_t i = 0; i < q.labels.size(); ++i)
    for (std::size_t j = 0; j < q.labels[i].size(); ++j) f += sample_loss(q, i, j, x) / static_cast<double>(q.labels[i].size());
  return f / static_cast<double>(q.labels.size()) + penalty(q, x);
}

Matrix hessian(const Logistic& q, int node, const Vector& x) {
  const std::size_t i = static_cast<std::size_t>(node);
  Matrix h = sum(q.regularization, identity(x.size()), 0, identity(x.size()));
  for (const Vector& a : q.features[i]) {
    const double p = probability(dot(a, x));
    for (std::size_t k = 0; k < x.size(); ++k)
      for (std::size_t c = 0; c < x.size(); ++c) h[k][c] += p * (1 - p) / static_cast<double>(q.features[i].size()) * (a[k] * a[c]);
  }
  return h;
}

Problem problem(const Logistic& q, const Vector& initial) {
  const auto drawn = [q](int node, std::int64_t step) {
    RandomStream stream(q.seed, Purpose::data_order, static_cast<std::uint32_t>(node), 0, static_cast<std::uint32_t>(step));
    std::vector<std::size_t> samples(static_cast<std::size_t>(q.batch));
    for (std::size_t& j : samples) j = static_cast<std::size_t>(stream.below(q.labels[static_cast<std::size_t>(node)].size()));
    return samples;
  };
  return {.nodes = static_cast<int>(q.labels.size()),
          .initial = initial,
          .gradient =
              [q, drawn](int node, std::int64_t step, const Vector& x) {
                Vector g(x.size(), 0);
                for (std::size_t j : drawn(node, step)) add(g, 1 / static_cast<double>(q.batch), sample_gradient(q, node, j, x));
                add(g, q.regularization, x);
                return g;
              },
          .loss =
              [q, drawn](int node, std::int64_t step, const Vector& x) {
                double f = penalty(q, x);
                for (std::size_t j : drawn(node, step)) f += sample_loss(q, static_cast<std::size_t>(node), j, x) / static_cast<double>(q.batch);
                return f;
              }};
}

// Newton's direction, halved until ||∇f|| falls. It ends where rounding lets it fall no more.
Vector optimum(const Logistic& q) {
  const std::size_t n = q.labels.size();
  Vector x(q.features[0][0].size(), 0), g = gradient(q, x);
  for (;;) {
    Matrix h = zeros(x.size(), x.size());
    for (std::size_t i = 0; i < n; ++i) h = sum(1, h, 1 / static_cast<double>(n), hessian(q, static_cast<int>(i), x));
    const Vector direction = solve(h, g);
    Vector next = x;
    for (double length = 1; length > 1e-9; length /= 2) {
      next = x;
      add(next, -length, direction);
      if (squared_norm(gradient(q, next)) < squared_norm(g)) break;
    }
    const Vector next_g = gradient(q, next);
    if (squared_norm(next_g) >= squared_norm(g)) return x;
    x = next;
    g = next_g;
  }
}

double smoothness(const Logistic& q) {
  double largest = 0;
  for (std::size_t i = 0; i < q.labels.size(); ++i)
    largest = std::max(largest, symmetric_eigen(hessian(q, static_cast<int>(i), Vector(q.features[0][0].size(), 0))).values.back());
  return largest;
}

double noise_variance(const Logistic& q, const Vector& x) {
  double variance = 0;
  for (std::size_t i = 0; i < q.labels.size(); ++i) {
    Matrix each;
    for (std::size_t j = 0; j < q.labels[i].size(); ++j) each.push_back(sample_gradient(q, static_cast<int>(i), j, x));
    variance += mean_squared_difference(each, Matrix(each.size(), mean(each))) / static_cast<double>(q.batch);
  }
  return variance / static_cast<double>(q.labels.size());
}

double heterogeneity(const Logistic& q) {
  const Vector x = optimum(q);
  double s = 0;
  for (std::size_t i = 0; i < q.labels.size(); ++i) s += squared_norm(gradient(q, static_cast<int>(i), x));
  return s / static_cast<double>(q.labels.size());
}

}  // namespace xib::reference
