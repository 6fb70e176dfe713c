#include "harness/train/optimizer.hpp"

#include "harness/core/check.hpp"
#include "harness/train/algorithm.hpp"
#include "reference/adam.hpp"
#include "reference/sgd.hpp"
#include "tests/mix/worlds.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstring>

using namespace xib;
using namespace xib::test;

namespace {

struct Case {
  std::string text;
  SgdOptions options;
};

// Every optimizer, in every form of it.
const Case kCases[] = {{"sgd", {}},
                       {"sgd", {.weight_decay = 0.25}},
                       {"sgd", {.momentum = 0.5}},
                       {"sgd", {.momentum = 0.5, .nesterov = true}},
                       {"sgd", {.momentum = 0.5, .nesterov = true, .weight_decay = 0.25}},
                       {"adam(0.5, 0.75, 0.125)", {.weight_decay = 0.25}},
                       {"adamw(0.5, 0.75, 0.125)", {}},
                       {"adamw(0.5, 0.75, 0.125)", {.weight_decay = 0.25}}};

reference::Sgd twin_of(const Case& c) {
  if (c.text == "sgd") return {c.options.momentum, c.options.nesterov, c.options.weight_decay};
  return reference::in_place_of_sgd(
      {.beta1 = 0.5, .beta2 = 0.75, .epsilon = 0.125, .weight_decay = c.options.weight_decay, .decoupled = c.text.starts_with("adamw")});
}

// x after `steps` steps of the harness, with the gradients of step t given by gradient(t).
template <class Gradient>
Rows harness(const Rows& start, const Case& c, double lr, int steps, int threads, const Gradient& gradient, std::size_t columns = 0) {
  const std::size_t dim = start[0].size();
  const int n = static_cast<int>(start.size());
  ThreadPool pool(threads);
  NodeMatrix x(n, dim), g(n, dim);
  const NodeLayout all{n, 1, 0};
  copy_in(start, all, x);
  const auto optimizer = make_optimizer(c.text, {n, dim, c.options});
  for (int t = 0; t < steps; ++t) {
    copy_in(gradient(t), all, g);
    if (columns == 0) {
      optimizer->step(x, g, lr, pool);
      continue;
    }
    const ColumnWork work = optimizer->step_by_columns(x, g, lr);
    for (std::size_t at = 0; at < dim; at += columns) work(at, std::min(at + columns, dim), 0);
  }
  Rows end = start;
  for (int k = 0; k < n; ++k) std::copy(x.row(k).begin(), x.row(k).end(), end[static_cast<std::size_t>(k)].begin());
  return end;
}

std::string refusal(const auto& call) {
  try {
    call();
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::input);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("every optimizer of the table is tested here, and says what it is") {
  for (const auto& info : optimizers()) {
    INFO(info.name);
    CHECK(std::any_of(std::begin(kCases), std::end(kCases), [&](const Case& c) { return &optimizer_info(c.text) == &optimizer_info(info.name); }));
    CHECK_FALSE(info.help.empty());
    CHECK(optimizer_info(info.name).name == info.name);
    for (const auto& c : kCases)  // what it is said to keep is what a checkpoint holds
      if (&optimizer_info(c.text) == &optimizer_info(info.name))
        CHECK(static_cast<int>(make_optimizer(c.text, {1, 3, c.options})->state().rows.size()) == info.matrices(c.options));
  }
}

// SGD: integers below 64, 3 steps with lr = μ = 1/2 and λ = 1/4: at most 5 fractional bits a step over 7 integer bits stay within 24 bits, so it is exact.
// Adam: |g'| <= 64 + 64/4 with the decay, |d| <= sqrt(4) (1 + ...) < 2 + 16 and x below 128. What is rounded, in units of u = 2^-24: m̂ and sqrt(v̂) with
// relative errors of at most 3 u per step and 2 u for the correction, so 11 u each after 3 steps (v's is halved by the root), ε + and / one each:
// |error of m̂/(...)| <= 24 u max|m̂| / (sqrt(v̂) + ε), where m's error counts in units of the largest |g'| it came from, at most 80 / ε = 640 (and far
// less where v̂ is large). Three steps of it times 1/2, and the feedback of λ below 2: 3 · 24 · 640 u, and rounding x itself, 3 · 128 u.
TEST_CASE("steps are the reference's: SGD's exactly on dyadic numbers, Adam's within what floats round") {
  const Rows start = integer_rows(2, 19, 1);
  const auto gradient = [](int t) { return integer_rows(2, 19, 10 + static_cast<std::uint64_t>(t)); };
  for (const auto& c : kCases) {
    INFO(c.text << ", momentum " << c.options.momentum << ", nesterov " << c.options.nesterov << ", weight decay " << c.options.weight_decay);
    const reference::Sgd twin = twin_of(c);
    const double most = c.text == "sgd" ? 0 : 3 * (24 * 640 + 128) * std::ldexp(1.0, -24);
    reference::Matrix x, velocity = reference::zeros(2, 19);
    for (const auto& row : start) x.emplace_back(row.begin(), row.end());
    for (int t = 0; t < 3; ++t)
      for (std::size_t i = 0; i < 2; ++i) {
        const auto row = gradient(t)[i];
        const reference::Vector g(row.begin(), row.end());
        reference::descend(x[i], 0.5, reference::direction(twin, i, t, g, x[i], velocity[i]));
      }

    const Rows got = harness(start, c, 0.5, 3, 1, gradient);

    double largest = 0, moved = 0;
    for (std::size_t i = 0; i < 2; ++i)
      for (std::size_t k = 0; k < 19; ++k) {
        largest = std::max(largest, std::abs(static_cast<double>(got[i][k]) - x[i][k]));
        moved = std::max(moved, std::abs(x[i][k] - static_cast<double>(start[i][k])));
      }
    CHECK(largest <= most);
    CHECK(moved > 100 * most);
  }
}

TEST_CASE("a step has the same bits on any number of threads, over several chunks, and column by column") {
  const Rows start = random_rows(3, (1 << 15) + 100, 2);
  const auto gradient = [](int t) { return random_rows(3, (1 << 15) + 100, 20 + static_cast<std::uint64_t>(t)); };
  for (const auto& c : kCases) {
    const Rows expected = harness(start, c, 0.1, 2, 1, gradient);
    CHECK(harness(start, c, 0.1, 2, 3, gradient) == expected);
    CHECK(harness(start, c, 0.1, 2, 1, gradient, 4096) == expected);
  }
}

TEST_CASE("restoring the state continues the run") {
  CHECK(make_optimizer("sgd", {2, 5, {}})->state().rows.empty());
  ThreadPool pool(1);
  const NodeLayout one{1, 1, 0};
  const Rows start = integer_rows(1, 5, 3), gradients = integer_rows(1, 5, 4);
  for (const auto& c : kCases) {
    INFO(c.text);
    NodeMatrix x(1, 5), g(1, 5), y(1, 5);
    copy_in(start, one, x);
    copy_in(gradients, one, g);
    const auto first = make_optimizer(c.text, {1, 5, c.options}), second = make_optimizer(c.text, {1, 5, c.options});
    first->step(x, g, 0.5, pool);
    y.copy_row(0, x, 0);
    const KeptState saved = first->state(), restored = second->state();
    REQUIRE(saved.rows.size() == restored.rows.size());
    for (std::size_t k = 0; k < saved.rows.size(); ++k) restored.rows[k].matrix->copy_row(0, *saved.rows[k].matrix, 0);
    for (std::size_t k = 0; k < saved.numbers.size(); ++k) std::ranges::copy(saved.numbers[k].values, restored.numbers[k].values.begin());

    first->step(x, g, 0.5, pool);
    second->step(y, g, 0.5, pool);

    CHECK(std::ranges::equal(x.row(0), y.row(0)));
  }
}

TEST_CASE("what cannot be is refused with what to write instead") {
  CHECK(refusal([] { make_optimizer("adm", {}); }).starts_with("train.optimizer: unknown optimizer 'adm', did you mean 'adam'?"));
  CHECK(refusal([] { make_optimizer("adamw(beta3 = 1)", {}); }).find("beta3") != std::string::npos);
  CHECK(refusal([] { make_optimizer("adamw(1)", {}); }).find("beta1 = 1") != std::string::npos);
  CHECK(refusal([] { make_optimizer("adamw(beta2 = 0.99999999999)", {}); }).find("beta2") != std::string::npos);  // 1 as a float
  CHECK(refusal([] { make_optimizer("adamw(epsilon = 0)", {}); }).find("epsilon = 0") != std::string::npos);
  CHECK(refusal([] { make_optimizer("sgd(0.9)", {}); }) != "");
  CHECK(refusal([] { check_optimizer("adamw", {.momentum = 0.9, .nesterov = true}); }).starts_with("train.momentum: adamw has its own momentum"));
  CHECK(refusal([] { check_optimizer("adamw", {.weight_decay = 0.1}); }) == "");
  CHECK(refusal([] { check_optimizer("sgd", {.momentum = 0.9, .nesterov = true}); }) == "");
}

TEST_CASE("algorithms that calculate with gradients of other steps refuse optimizers whose direction is not linear in them") {
  for (const auto& [name, is_refused] :
       {std::pair("dsgd", false), {"dsgd-cta", false}, {"centralized", false}, {"sgp", false}, {"d2", true}, {"gradient-tracking", true}, {"qg-dsgdm", true}})
    for (const auto& info : optimizers()) {
      INFO(name << ", " << info.name);
      Problems problems;
      check_algorithm(name, {.phases = {}, .momentum = 0.9, .optimizer = std::string(info.name)}, problems);
      REQUIRE(problems.all().size() == (is_refused && !info.linear ? 1 : 0));
      if (!problems.empty())
        CHECK(line_of(problems.all()[0]).starts_with(fmt::format("train.optimizer: {} works with sgd only, not with {}: ", name, info.name)));
    }
}
