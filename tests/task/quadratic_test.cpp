#include "harness/task/quadratic.hpp"

#include "harness/core/check.hpp"
#include "tests/task/rows.hpp"

#include <cmath>

using namespace xib;

namespace {

constexpr int kNodes = 4;

std::unique_ptr<Task> make(const std::string& text, NodeLayout layout = {kNodes, 1, 0}, std::uint64_t seed = 7) {
  return make_quadratic(quadratic_options(Term::parse(text), layout.nodes), layout, 32, seed);
}

std::vector<double> full(const Task& task, const std::vector<float>& x, double* value = nullptr) {
  std::vector<double> g(task.dim());
  const double f = task.full_gradient(x, g);
  if (value) *value = f;
  return g;
}

double norm2(const std::vector<double>& v) {
  double s = 0;
  for (const double a : v) s += a * a;
  return s;
}

// Gradient descent in float with step 1/L: f falls to the float floor of a problem with kappa = 4 in 200 steps ((3/4)^200 < 1e-24).
std::vector<float> minimize(const Task& task, double L) {
  std::vector<float> x(task.dim(), 0);
  for (int t = 0; t < 200; ++t) {
    const auto g = full(task, x);
    for (std::size_t k = 0; k < x.size(); ++k) x[k] = static_cast<float>(static_cast<double>(x[k]) - g[k] / L);
  }
  return x;
}

}  // namespace

TEST_CASE("the mean of the nodes' gradients without noise is the full gradient") {
  const auto task = make("quadratic(dim = 8, sigma = 0, zeta = 2, rotate = 1)");
  TaskRows rows(*task, kNodes);
  for (int i = 0; i < kNodes; ++i) std::fill(rows.x.row(i).begin(), rows.x.row(i).end(), 0.5f);
  std::vector<double> mean(8, 0);
  double loss = 0;
  for (int i = 0; i < kNodes; ++i) {
    loss += task->gradient(i, 3) / kNodes;
    for (std::size_t k = 0; k < 8; ++k) mean[k] += static_cast<double>(rows.g.row(i)[k]) / kNodes;
  }
  double value = 0;
  const auto expected = full(*task, std::vector<float>(8, 0.5f), &value);

  // g is stored as float: an error of 2^-24 of each entry, and |entries| of the g_i stay under ||b_i|| L < 100 here.
  for (std::size_t k = 0; k < 8; ++k) CHECK(mean[k] == Approx(expected[k]).margin(100 * 0x1p-24));
  CHECK(loss == Approx(value).epsilon(1e-12));
}

TEST_CASE("the full gradient agrees with differences of f") {
  // f is quadratic, so the central difference has no truncation error; f is about 100 in double (1e-16 relative) and x moves by
  // exactly 2^-6 in float: rounding makes 100 * 2e-16 / 2^-6 = 1.3e-12 of error.
  const auto task = make("quadratic(dim = 5, zeta = 1, rotate = 1)");
  std::vector<float> x = {0.5f, -1, 0.25f, 2, 0};
  const auto g = full(*task, x);
  for (std::size_t k = 0; k < x.size(); ++k) {
    double up = 0, down = 0;
    const float at = x[k];
    x[k] = at + 0x1p-6f, full(*task, x, &up);
    x[k] = at - 0x1p-6f, full(*task, x, &down);
    x[k] = at;
    CHECK(g[k] == Approx((up - down) / 0x1p-5).margin(1e-10));
  }
}

TEST_CASE("the smoothest and the steepest direction have the curvature L and mu") {
  for (const auto* rotate : {"0", "1"}) {
    const auto task = make(std::string("quadratic(dim = 6, L = 4, mu = 0.5, rotate = ") + rotate + ")");
    // Power iteration on x -> grad f(x) - grad f(0), in double; the gap of the spectrum is 8^(1/5) = 1.5, 1.5^-400 < 1e-16.
    const auto at_zero = full(*task, std::vector<float>(6, 0));
    std::vector<float> v = {1, 0.5f, 0.25f, 1, -1, 0.75f};
    double largest = 0, smallest_inverse = 0;
    for (int t = 0; t < 200; ++t) {
      auto g = full(*task, v);
      for (std::size_t k = 0; k < 6; ++k) g[k] -= at_zero[k];
      largest = std::sqrt(norm2(g));
      for (std::size_t k = 0; k < 6; ++k) v[k] = static_cast<float>(g[k] / largest);
    }
    // The direction that A - L leaves longest belongs to mu.
    std::vector<float> w = {1, 0.5f, 0.25f, 1, -1, 0.75f};
    for (int t = 0; t < 2000; ++t) {
      auto g = full(*task, w);
      for (std::size_t k = 0; k < 6; ++k) g[k] = 4 * static_cast<double>(w[k]) - (g[k] - at_zero[k]);
      smallest_inverse = std::sqrt(norm2(g));
      for (std::size_t k = 0; k < 6; ++k) w[k] = static_cast<float>(g[k] / smallest_inverse);
    }

    // v is rounded to float each time: the norm it is multiplied by is 1 within 2^-23.
    CHECK(largest == Approx(4).epsilon(1e-6));
    CHECK(4 - smallest_inverse == Approx(0.5).epsilon(1e-5));
    CHECK(task->constants().L == 4);
    CHECK(task->constants().mu == 0.5);
  }
}

TEST_CASE("noise has mean zero and the variance that was asked for") {
  const auto noisy = make("quadratic(dim = 10, sigma = 2)"), quiet = make("quadratic(dim = 10, sigma = 0)");
  TaskRows a(*noisy, kNodes), b(*quiet, kNodes);
  quiet->gradient(1, 0);
  double square = 0, sum = 0;
  constexpr int kDraws = 4000;
  for (int t = 0; t < kDraws; ++t) {
    noisy->gradient(1, t);
    for (std::size_t k = 0; k < 10; ++k) {
      const double e = static_cast<double>(a.g.row(1)[k]) - static_cast<double>(b.g.row(1)[k]);
      square += e * e / kDraws;
      sum += e / (10.0 * kDraws);
    }
  }

  // 40,000 normal numbers of variance 0.4: the mean square's deviation is sqrt(2/40000) relative, the mean's sqrt(0.4/40000); 5 of each.
  CHECK(square == Approx(4).epsilon(5 * std::sqrt(2.0 / 40000)));
  CHECK(std::abs(sum) < 5 * std::sqrt(0.4 / 40000));
  CHECK(noisy->constants().sigma2 == 4);
}

TEST_CASE("at the optimum the nodes' gradients are as far apart as zeta says") {
  const auto task = make("quadratic(dim = 8, L = 1, mu = 0.25, sigma = 0, zeta = 3, rotate = 1)");
  TaskRows rows(*task, kNodes);
  const auto optimum = minimize(*task, 1);
  double zeta2 = 0;
  for (int i = 0; i < kNodes; ++i) {
    std::copy(optimum.begin(), optimum.end(), rows.x.row(i).begin());
    task->gradient(i, 0);
    for (const float v : rows.g.row(i)) zeta2 += static_cast<double>(v) * static_cast<double>(v) / kNodes;
  }

  CHECK(zeta2 == Approx(9).epsilon(1e-6));  // floats: 2^-24 per entry, twice squared, x off by 2^-23
  CHECK(task->constants().zeta2 == 9);
  double value = 0;
  full(*task, optimum, &value);
  CHECK(value == Approx(task->constants().optimum).epsilon(1e-10));
  CHECK(task->score(evaluation_sums(*task, optimum, {}, Split::test)).front() < 1e-10);
  CHECK(task->metrics() == std::vector{mean_loss()});
}

TEST_CASE("tilted curvatures leave f as it is and make node 0 the steepest") {
  const auto tilted = make("quadratic(dim = 6, L = 4, mu = 0.5, sigma = 0, zeta = 2, tilt = 0.5, rotate = 1)");
  const auto level = make("quadratic(dim = 6, L = 4, mu = 0.5, sigma = 0, zeta = 2, rotate = 1)");
  TaskRows a(*tilted, kNodes), b(*level, kNodes);
  const std::vector<float> at(6, 0.5f), optimum = minimize(*tilted, 4);
  std::vector<double> mean(6, 0), mine(6), there(6);
  double loss = 0, zeta2 = 0;
  const auto gradient = [&](Task& task, TaskRows& rows, int i, const std::vector<float>& x, std::vector<double>& g) {
    std::copy(x.begin(), x.end(), rows.x.row(i).begin());
    const double value = task.gradient(i, 0);
    std::copy(rows.g.row(i).begin(), rows.g.row(i).end(), g.begin());
    return value;
  };
  const double scales[] = {1.5, 1, 0.5, 1};  // 1 + cos(2 pi i / 4) / 2
  for (int i = 0; i < kNodes; ++i) {
    loss += gradient(*tilted, a, i, at, mine) / kNodes;
    for (std::size_t k = 0; k < 6; ++k) mean[k] += mine[k] / kNodes;
    gradient(*tilted, a, i, optimum, there);
    zeta2 += norm2(there) / kNodes;
    // grad f_i(x) - grad f_i(y) = A_i (x - y), with and without tilt.
    std::vector<double> level_mine(6), level_there(6);
    gradient(*level, b, i, at, level_mine);
    gradient(*level, b, i, optimum, level_there);
    for (std::size_t k = 0; k < 6; ++k) CHECK(mine[k] - there[k] == Approx(scales[i] * (level_mine[k] - level_there[k])).margin(1e-5));
  }
  double value = 0, least = 0;
  const auto expected = full(*tilted, at, &value);
  full(*tilted, optimum, &least);

  // Gradients are stored as floats, entries below 20: 20 * 2^-24 = 1.2e-6 each, four of them in a difference of two nodes' problems.
  for (std::size_t k = 0; k < 6; ++k) CHECK(mean[k] == Approx(expected[k]).margin(5e-6));
  CHECK(loss == Approx(value).epsilon(1e-12));
  CHECK(zeta2 == Approx(4).epsilon(1e-5));
  CHECK(least == Approx(tilted->constants().optimum).epsilon(1e-10));
  CHECK(tilted->constants().L == 6);
  CHECK(tilted->constants().mu == 0.5);
}

TEST_CASE("a node's gradient does not depend on the rank that it lives on") {
  const std::string text = "quadratic(dim = 8, zeta = 1)";
  const auto one = make(text);
  TaskRows all(*one, kNodes);
  for (int rank = 0; rank < 3; ++rank) {
    const NodeLayout layout{kNodes, 3, rank};
    const auto task = make(text, layout);
    TaskRows some(*task, layout.mine().count);
    for (int local = 0; local < layout.mine().count; ++local) {
      one->gradient(layout.mine().first + local, 5);
      task->gradient(local, 5);
      CHECK(all.gradient(layout.mine().first + local) == some.gradient(local));
    }
  }
}

TEST_CASE("impossible quadratics are refused by name") {
  for (const auto* text : {"quadratic(dim = 0)", "quadratic(mu = 0)", "quadratic(L = 1, mu = 2)", "quadratic(sigma = -1)", "quadratic(steps = 0)",
                           "quadratic(rotate = 2)", "quadratic(colour = 3)", "quadratic(tilt = -0.5)", "quadratic(tilt = 1)"})
    CHECK_THROWS_AS(make(text), Error);
  CHECK_THROWS_AS(make("quadratic(zeta = 1)", {1, 1, 0}), Error);
}
