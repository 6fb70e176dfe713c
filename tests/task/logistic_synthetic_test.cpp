#include "harness/task/logistic_synthetic.hpp"

#include "harness/core/check.hpp"
#include "tests/task/rows.hpp"

#include <cmath>
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
  Rows rows(*task, 3);
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
  CHECK(train.loss_sum / 192 == Approx(task->full_gradient(x, g)).epsilon(1e-12));
  CHECK(test.correct > 180);  // chance: 150, deviation 8.7
  const auto histogram = task->class_histogram();
  CHECK(std::accumulate(histogram.begin(), histogram.end(), std::int64_t{0}) == 192);
}

TEST_CASE("impossible logistic problems are refused by name") {
  for (const auto* text : {"logistic-synthetic(dim = 0)", "logistic-synthetic(samples = 4)", "logistic-synthetic(regularization = 0)",
                           "logistic-synthetic(shift = -1)", "logistic-synthetic(tests = 1)"})
    CHECK_THROWS_AS(make(text), Error);
}
