#include "harness/train/optimizer.hpp"

#include "reference/sgd.hpp"
#include "tests/mix/worlds.hpp"

#include <catch2/catch.hpp>

#include <cmath>

using namespace xib;
using namespace xib::test;

namespace {

const SgdOptions kOptions[] = {
    {}, {.weight_decay = 0.25}, {.momentum = 0.5}, {.momentum = 0.5, .nesterov = true}, {.momentum = 0.5, .nesterov = true, .weight_decay = 0.25}};

// x after `steps` steps of the harness, with the gradients of step t given by gradient(t).
template <class Gradient>
Rows harness(Rows start, SgdOptions options, double lr, int steps, int threads, const Gradient& gradient) {
  const std::size_t dim = start[0].size();
  const int n = static_cast<int>(start.size());
  ThreadPool pool(threads);
  NodeMatrix x(n, dim), g(n, dim);
  const NodeLayout all{n, 1, 0};
  copy_in(start, all, x);
  Sgd sgd(n, dim, options);
  for (int t = 0; t < steps; ++t) {
    copy_in(gradient(t), all, g);
    sgd.step(x, g, lr, pool);
  }
  for (int k = 0; k < n; ++k) std::copy(x.row(k).begin(), x.row(k).end(), start[static_cast<std::size_t>(k)].begin());
  return start;
}

}  // namespace

TEST_CASE("SGD steps are exactly the reference's on dyadic numbers, with and without momentum, Nesterov and weight decay") {
  // Integers below 64, 3 steps with lr = μ = 1/2 and λ = 1/4: at most 5 fractional bits a step over 7 integer bits stay within 24 bits.
  const Rows start = integer_rows(2, 19, 1);
  const auto gradient = [](int t) { return integer_rows(2, 19, 10 + static_cast<std::uint64_t>(t)); };
  for (const auto& options : kOptions) {
    INFO("momentum " << options.momentum << ", nesterov " << options.nesterov << ", weight decay " << options.weight_decay);
    reference::Matrix x, velocity = reference::zeros(2, 19);
    for (const auto& row : start) x.emplace_back(row.begin(), row.end());
    for (int t = 0; t < 3; ++t)
      for (std::size_t i = 0; i < 2; ++i) {
        const auto row = gradient(t)[i];
        const reference::Vector g(row.begin(), row.end());
        reference::descend(x[i], 0.5, reference::sgd_direction({options.momentum, options.nesterov, options.weight_decay}, g, x[i], velocity[i]));
      }

    const Rows got = harness(start, options, 0.5, 3, 1, gradient);

    for (std::size_t i = 0; i < 2; ++i)
      for (std::size_t c = 0; c < 19; ++c) CHECK(static_cast<double>(got[i][c]) == x[i][c]);
  }
}

TEST_CASE("a step has the same bits on any number of threads, over several chunks") {
  const Rows start = random_rows(3, (1 << 15) + 100, 2);
  const auto gradient = [](int t) { return random_rows(3, (1 << 15) + 100, 20 + static_cast<std::uint64_t>(t)); };
  const SgdOptions options{.momentum = 0.9, .nesterov = true, .weight_decay = 1e-4};
  CHECK(harness(start, options, 0.1, 2, 1, gradient) == harness(start, options, 0.1, 2, 3, gradient));
}

TEST_CASE("the velocity is state where there is momentum, and restoring it continues the run") {
  CHECK(Sgd(2, 5, {}).state().empty());
  ThreadPool pool(1);
  const SgdOptions options{.momentum = 0.5};
  const Rows start = integer_rows(1, 5, 3), step = integer_rows(1, 5, 4);
  const NodeLayout one{1, 1, 0};
  NodeMatrix x(1, 5), g(1, 5), y(1, 5);
  copy_in(start, one, x);
  copy_in(step, one, g);
  Sgd first(1, 5, options), second(1, 5, options);
  first.step(x, g, 0.5, pool);
  std::copy(x.row(0).begin(), x.row(0).end(), y.row(0).begin());
  REQUIRE(first.state().size() == 1);
  const auto saved = first.state()[0].second->row(0);
  std::copy(saved.begin(), saved.end(), second.state()[0].second->row(0).begin());

  first.step(x, g, 0.5, pool);
  second.step(y, g, 0.5, pool);

  CHECK(std::equal(x.row(0).begin(), x.row(0).end(), y.row(0).begin()));
}
