#include "reference/logistic.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "reference/eigen.hpp"

using namespace xib::reference;

namespace {

constexpr double kUlps = 64 * 0x1p-53;  // a few dozen operations on numbers of size 1

// One node and one feature that is 1 on every sample: f(x) = s log(1 + e^-x) + (1 - s) log(1 + e^x), s the share of labels 1.
Logistic coin(std::size_t positive, std::size_t negative, double regularization, std::int64_t batch) {
  Vector labels(positive, 1);
  labels.resize(positive + negative, -1);
  return {{Matrix(labels.size(), Vector{1})}, {labels}, regularization, batch, 7};
}

// Visits the mean sample gradient of every batch that a node may draw, each as likely as the others: m^batch of them.
template <class Visit>
void for_each_batch(const Logistic& q, int node, const Vector& x, Visit&& visit) {
  const std::size_t m = q.labels[static_cast<std::size_t>(node)].size();
  std::size_t count = 1;
  for (std::int64_t k = 0; k < q.batch; ++k) count *= m;
  for (std::size_t index = 0; index < count; ++index) {
    Matrix batch;
    for (std::size_t rest = index; batch.size() < static_cast<std::size_t>(q.batch); rest /= m) batch.push_back(sample_gradient(q, node, rest % m, x));
    visit(mean(batch), 1 / static_cast<double>(count));
  }
}

}  // namespace

TEST_CASE("the optimum of a biased coin is its log odds, and f* its entropy") {
  const Logistic q = coin(3, 1, 0, 1);

  CHECK(optimum(q)[0] == Approx(std::log(3)).epsilon(kUlps));
  CHECK(value(q, optimum(q)) == Approx(-0.75 * std::log(0.75) - 0.25 * std::log(0.25)).epsilon(kUlps));
  CHECK(heterogeneity(q) == Approx(0).margin(kUlps * kUlps));
}

TEST_CASE("curvature and noise of a coin at 0 are a quarter") {
  const Logistic fair = coin(2, 2, 0.125, 2);

  CHECK(optimum(fair) == Vector{0});
  CHECK(value(fair, {0}) == Approx(std::log(2)).epsilon(kUlps));
  CHECK(hessian(fair, 0, {0}) == Matrix{{0.375}});
  CHECK(smoothness(fair) == 0.375);
  CHECK(noise_variance(fair, {0}) == 0.125);                 // slopes ±1/2 around 0, batches of 2
  CHECK(noise_variance(coin(3, 1, 0, 1), {0}) == 3 / 16.0);  // around ∇f = -1/4: (3/4)(1/4)² + (1/4)(3/4)²
  CHECK(gradient(coin(3, 1, 0.5, 1), {1})[0] == Approx(0.25 / (1 + std::exp(-1.0)) - 0.75 / (1 + std::exp(1.0)) + 0.5).epsilon(kUlps));
}

TEST_CASE("nodes whose labels contradict each other pull at the optimum") {
  const Logistic q{{{{1}}, {{1}}}, {{1}, {-1}}, 0.5, 1, 7};

  CHECK(optimum(q) == Vector{0});
  CHECK(heterogeneity(q) == 0.25);     // gradients -1/2 and 1/2
  CHECK(noise_variance(q, {0}) == 0);  // one sample each
}

TEST_CASE("gradients and Hessians of logistic regression are the derivatives of f") {
  const Logistic q = gaussian_logistic({.nodes = 2, .dim = 3, .samples = 8, .shift = 1}, 0.25, 1, 5);
  const Vector x{0.5, -1, 0.25};

  // Central differences err by h²/6 times the third derivative, at most E|a|³/10 < 10 for these |a| < 4.
  const double h = 0x1p-10, error = 20 * h * h;
  for (std::size_t k = 0; k < x.size(); ++k) {
    Vector up = x, down = x;
    up[k] += h;
    down[k] -= h;
    CHECK(gradient(q, x)[k] == Approx((value(q, up) - value(q, down)) / (2 * h)).margin(error));
    for (int node = 0; node < 2; ++node)
      for (std::size_t c = 0; c < x.size(); ++c)
        CHECK(hessian(q, node, x)[k][c] == Approx((gradient(q, node, up)[c] - gradient(q, node, down)[c]) / (2 * h)).margin(error));
  }
}

TEST_CASE("no step away from the optimum of drawn data lowers f") {
  const Logistic q = gaussian_logistic({.nodes = 3, .dim = 4, .samples = 16, .shift = 2}, 0.01, 1, 5);

  const Vector x = optimum(q);

  CHECK(std::sqrt(squared_norm(gradient(q, x))) < 1e-14);
  for (std::size_t k = 0; k < x.size(); ++k)
    for (double step : {-0.125, 0.125}) {
      Vector other = x;
      other[k] += step;
      CHECK(value(q, other) > value(q, x) + 0.01 / 2 * step * step * 0.99);  // strong convexity
    }
}

TEST_CASE("no node curves more than L anywhere, and one does at 0") {
  const Logistic q = gaussian_logistic({.nodes = 3, .dim = 4, .samples = 16, .shift = 1}, 0.25, 1, 5);
  const double L = smoothness(q);
  const auto curvature = [&](const Vector& x) {
    double largest = 0;
    for (int node = 0; node < 3; ++node) largest = std::max(largest, symmetric_eigen(hessian(q, node, x)).values.back());
    return largest;
  };

  CHECK(curvature({0, 0, 0, 0}) == L);
  for (const Vector& x : {Vector{1, 0, 0, 0}, Vector{-0.5, 0.25, 1, 2}, Vector{0.0625, 0, 0, -0.0625}}) CHECK(curvature(x) < L);
}

TEST_CASE("mini-batches have the full gradient as mean, and the variance that one gets from listing them all") {
  for (const std::int64_t batch : {1, 2, 3}) {
    const Logistic q = gaussian_logistic({.nodes = 3, .dim = 2, .samples = 4, .shift = 1}, 0.25, batch, 5);
    for (const Vector& x : {Vector{0, 0}, Vector{1, -2}}) {
      double variance = 0;
      for (int node = 0; node < 3; ++node) {
        const Vector full = gradient(q, node, x);
        Vector average(2, 0);
        for_each_batch(q, node, x, [&](Vector g, double share) {
          for (std::size_t k = 0; k < 2; ++k) {
            g[k] += q.regularization * x[k];
            average[k] += share * g[k];
          }
          variance += share * mean_squared_difference({g}, {full}) / 3;
        });
        for (std::size_t k = 0; k < 2; ++k) CHECK(average[k] == Approx(full[k]).margin(kUlps));
      }
      CHECK(noise_variance(q, x) == Approx(variance).epsilon(kUlps));
    }
  }
}

TEST_CASE("a stochastic gradient is that of a batch, by node and step and not by the order of the calls") {
  const Logistic q = gaussian_logistic({.nodes = 2, .dim = 2, .samples = 3}, 0, 2, 5);
  const Problem p = problem(q, {0, 0});
  const Vector x{1, -1};

  int same = 0;
  for (std::int64_t step = 0; step < 20; ++step) {
    const Vector g = p.gradient(1, step, x);
    int matches = 0;
    for_each_batch(q, 1, x, [&](const Vector& batch, double) { matches += mean_squared_difference({batch}, {g}) < kUlps * kUlps; });
    CHECK(matches >= 1);
    CHECK(p.gradient(1, step, x) == g);
    same += g == p.gradient(1, step + 1, x);
  }
  CHECK(same < 20);
}
