#include "harness/task/logistic_synthetic.hpp"

#include "harness/core/check.hpp"
#include "reference/logistic.hpp"
#include "tests/task/rows.hpp"

#include <cmath>
#include <map>
#include <numeric>

using namespace xib;

namespace {

std::unique_ptr<Task> make(const std::string& text, NodeLayout layout = {3, 1, 0}, std::int64_t batch = 8) {
  return make_logistic_synthetic(logistic_options(Term::parse(text), batch), layout, batch, 11);
}

}  // namespace

TEST_CASE("the full gradient of logistic regression agrees with differences of f") {
  // Central differences with h = 2^-8: truncation h²/6 |f'''| <= h²/6 E|a|³/(6 sqrt 3) < 1e-5; rounding 1e-16 / h.
  const auto task = make("logistic-synthetic(dim = 4, samples = 64, shift = 1)");
  std::vector<float> x = {0.5f, -0.25f, 0, 1};
  std::vector<double> g(4), other(4);
  task->full_gradient(x, g);
  for (std::size_t k = 0; k < 4; ++k) {
    const float at = x[k];
    x[k] = at + 0x1p-8f;
    const double up = task->full_gradient(x, other);
    x[k] = at - 0x1p-8f;
    const double down = task->full_gradient(x, other);
    x[k] = at;
    CHECK(g[k] == Approx((up - down) / 0x1p-7).margin(1e-5));
  }
}

TEST_CASE("mini-batch gradients of logistic regression have the full gradient as mean") {
  const auto task = make("logistic-synthetic(dim = 4, samples = 64)");
  TaskRows rows(*task, 3);
  for (int i = 0; i < 3; ++i) std::fill(rows.x.row(i).begin(), rows.x.row(i).end(), 0.5f);
  std::vector<double> full(4), mean(4, 0);
  task->full_gradient(std::vector<float>(4, 0.5f), full);
  constexpr int kDraws = 3000;
  for (int t = 0; t < kDraws; ++t)
    for (int i = 0; i < 3; ++i) {
      task->gradient(i, t);
      for (std::size_t k = 0; k < 4; ++k) mean[k] += static_cast<double>(rows.g.row(i)[k]) / (3.0 * kDraws);
    }

  // One sample's gradient entry has a deviation of at most |a_k| ~ 1; 72,000 samples; 5 deviations.
  for (std::size_t k = 0; k < 4; ++k) CHECK(std::abs(mean[k] - full[k]) < 5 / std::sqrt(72000.0));
}

// The twin draws the same data from the same streams and does everything else by itself, in double.
TEST_CASE("the constants of logistic regression are those of its twin") {
  for (const auto& [shift, tilt, spread] : {std::tuple(0.0, 0.0, 0.0), std::tuple(1.0, 0.0, 0.0), std::tuple(0.5, 0.75, 2.0)}) {
    const auto task =
        make(fmt::format("logistic-synthetic(dim = 4, samples = 64, regularization = 0.1, shift = {}, tilt = {}, spread = {})", shift, tilt, spread));
    const auto twin = reference::gaussian_logistic({.nodes = 3, .dim = 4, .samples = 64, .shift = shift, .tilt = tilt, .spread = spread}, 0.1, 8, 11);
    const auto x = reference::optimum(twin);
    const auto known = task->constants();

    // Sums of 192 terms of size 1, in another order; the optima differ by at most (1e-12 + 1e-14) / mu.
    CHECK(known.L == Approx(reference::smoothness(twin)).epsilon(1e-13));
    CHECK(known.mu == 0.1);
    CHECK(known.optimum == Approx(reference::value(twin, x)).epsilon(1e-13));
    CHECK(known.zeta2 == Approx(reference::heterogeneity(twin)).epsilon(1e-9));
    CHECK(known.sigma2 == Approx(reference::noise_variance(twin, x)).epsilon(1e-9));
    CHECK(known.zeta2 > 1e-3);
  }
}

TEST_CASE("gradient and variance of logistic regression are those of its twin, wherever they are asked for") {
  for (const std::int64_t batch : {1, 8}) {
    const auto task = make("logistic-synthetic(dim = 3, samples = 32, shift = 1)", {3, 1, 0}, batch);
    const auto twin = reference::gaussian_logistic({.nodes = 3, .dim = 3, .samples = 32, .shift = 1}, 0.01, batch, 11);
    for (const std::vector<float>& x : {std::vector<float>{0, 0, 0}, {1, -2, 0.5f}, {-4, 8, 2}}) {
      const reference::Vector at(x.begin(), x.end());
      std::vector<double> g(3);

      CHECK(task->full_gradient(x, g) == Approx(reference::value(twin, at)).epsilon(1e-13));
      CHECK(task->gradient_variance(x) == Approx(reference::noise_variance(twin, at)).epsilon(1e-12));  // a difference of sums: |a|² < 40
      for (std::size_t k = 0; k < 3; ++k) CHECK(g[k] == Approx(reference::gradient(twin, at)[k]).margin(1e-13));
    }
  }
}

TEST_CASE("a batch may hold a sample twice: it is drawn with replacement, and its variance is that of all batches") {
  const auto task = make("logistic-synthetic(dim = 2, samples = 3)", {1, 1, 0}, 2);
  TaskRows rows(*task, 1);
  std::vector<double> full(2);
  task->full_gradient(rows.x.row(0), full);
  std::map<std::vector<float>, int> batches;
  constexpr int kDraws = 9000;
  for (int t = 0; t < kDraws; ++t) {
    task->gradient(0, t);
    ++batches[rows.gradient(0)];
  }

  // Of the 9 equally likely pairs, 3 hold one sample twice and 3 x 2 are the same two. The counts have deviations below sqrt(2000).
  REQUIRE(batches.size() == 6);
  double variance = 0;
  for (const auto& [g, count] : batches) {
    const int pairs = count > 1500 ? 2 : 1;
    CHECK(std::abs(count - 1000 * pairs) < 5 * std::sqrt(2000.0));
    for (std::size_t k = 0; k < 2; ++k) variance += pairs / 9.0 * std::pow(static_cast<double>(g[k]) - full[k], 2);
  }
  CHECK(task->gradient_variance(rows.x.row(0)) == Approx(variance).epsilon(1e-5));  // gradients in float: a few 2^-24 each
}

TEST_CASE("no step of 1/L increases f, and f ends at the known optimum") {
  const auto task = make("logistic-synthetic(dim = 4, samples = 64, regularization = 0.1, shift = 1)");
  const auto constants = task->constants();
  std::vector<float> x(4, 2);
  std::vector<double> g(4);
  double before = task->full_gradient(x, g);
  for (int t = 0; t < 2000; ++t) {
    for (std::size_t k = 0; k < 4; ++k) x[k] = static_cast<float>(static_cast<double>(x[k]) - g[k] / constants.L);
    const double after = task->full_gradient(x, g);
    REQUIRE(after <= before + 1e-12);
    before = after;
  }

  CHECK(before == Approx(constants.optimum).margin(1e-10));
  CHECK(constants.mu == 0.1);
  CHECK(constants.zeta2 > 0);
}

TEST_CASE("the trained model classifies better than chance, and evaluation sums all samples") {
  const auto task = make("logistic-synthetic(dim = 4, samples = 64, test = 300)");
  std::vector<float> x(4, 0);
  std::vector<double> g(4);
  for (int t = 0; t < 500; ++t) {
    task->full_gradient(x, g);
    for (std::size_t k = 0; k < 4; ++k) x[k] -= static_cast<float>(g[k] / task->constants().L);
  }
  const auto train = evaluate(*task, x, {}, Split::train), test = evaluate(*task, x, {}, Split::test);

  CHECK(train.samples == 192);
  CHECK(test.samples == 300);
  CHECK(train.loss / 192 == Approx(task->full_gradient(x, g)).epsilon(1e-12));
  CHECK(test.hits > 180);  // chance: 150, deviation 8.7
  CHECK(task->score(evaluation_sums(*task, x, {}, Split::test)) == std::vector{100 * test.hits / 300, test.loss / 300});
  CHECK(task->metrics() == std::vector{top1_accuracy(), mean_loss()});
  const auto histogram = task->class_histogram();
  CHECK(std::accumulate(histogram.begin(), histogram.end(), std::int64_t{0}) == 192);
}

TEST_CASE("impossible logistic problems are refused by name") {
  for (const auto* text :
       {"logistic-synthetic(dim = 0)", "logistic-synthetic(samples = 4)", "logistic-synthetic(regularization = 0)", "logistic-synthetic(shift = -1)",
        "logistic-synthetic(tilt = 1)", "logistic-synthetic(tilt = -0.5)", "logistic-synthetic(spread = -1)", "logistic-synthetic(tests = 1)"})
    CHECK_THROWS_AS(make(text), Error);
}
