#include "reference/d2.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/reference/matrices.hpp"
#include "tests/reference/tiny_problems.hpp"

using namespace xib::reference;

TEST_CASE("the first step is D-SGD's, the next go twice as far from the model before and take the old gradient back") {
  const Trace t = d2(constant({{2}, {-4}}), {{3, rounds(1), fixed(kPair)}}, {}, always(0.5));

  CHECK(t[0].before == Matrix{{-1}, {2}});
  CHECK(t[0].after == Matrix{{-0.25}, {1.25}});
  CHECK(t[1].before == Matrix{{-0.5}, {2.5}});  // 2 x^1 - x^0: the gradients cancel
  CHECK(t[1].after == Matrix{{0.25}, {1.75}});
  CHECK(t[2].before == Matrix{{0.75}, {2.25}});  // 2 x^2 - x^1
}

TEST_CASE("the old gradient is taken back with the rate that it had") {
  const LearningRate rates = [](std::int64_t step) { return step == 0 ? 1.0 : 0.25; };

  const Trace t = d2(constant({{8}}), {{2, rounds(1), fixed({{1}})}}, {}, rates);

  CHECK(t[1].after == Matrix{{2 * -8 - 0 - 2 + 8}});  // one node: as two steps of SGD, -8 and -2
}

TEST_CASE("momentum is the node's own and stands in the gradient's place") {
  const Trace t = d2(constant({{2}, {-4}}), {{2, rounds(1), fixed(kPair)}}, {.momentum = 0.5}, always(0.5));

  // directions (2, -4), then (3, -6): 2 x^1 - x^0 - (3, -6)/2 + (2, -4)/2
  CHECK(t[1].before == Matrix{{-0.5 - 0.5}, {2.5 + 1}});
}

TEST_CASE("on one node and under exact averaging the means are those of D-SGD") {
  const Sgd sgd{.momentum = 0.5, .nesterov = true, .weight_decay = 0.25};
  const Trace a = d2(pull({3}), {{4, rounds(1), fixed({{1}})}}, sgd, always(0.5)), b = dsgd(pull({3}), {{4, rounds(1), fixed({{1}})}}, sgd, always(0.5));
  const Trace c = d2(pull({4, -12}), {{4, exact(), fixed(kPair)}}, {}, always(0.5)), d = dsgd(pull({4, -12}), {{4, exact(), fixed(kPair)}}, {}, always(0.5));

  for (std::size_t t = 0; t < 4; ++t) {
    CHECK(a[t].after == b[t].after);
    CHECK(c[t].after == d[t].after);
    CHECK(c[t].exact);
  }
}

TEST_CASE("nodes that disagree come to the optimum of their sum with a constant rate, where D-SGD does not") {
  const Phase phase{200, rounds(1), fixed(kPair)};
  const Trace a = d2(pull({4, -12}), {phase}, {}, always(0.5)), b = dsgd(pull({4, -12}), {phase}, {}, always(0.5));

  CHECK(std::abs(a.back().after[0][0] + 4) < 1e-12);
  CHECK(a.back().distance_after < 1e-12);
  CHECK(b.back().distance_after > 1);
}

TEST_CASE("an eigenvalue of W at or below -1/3 is too low: what decays above does not there") {
  const auto distance = [](double a) {  // W has the eigenvalues 1 and a
    const Matrix w{{(1 + a) / 2, (1 - a) / 2}, {(1 - a) / 2, (1 + a) / 2}};
    return d2(constant({{1}, {-1}}), {{200, rounds(1), fixed(w)}}, {}, [](std::int64_t step) { return step == 0 ? 1.0 : 0.0; }).back().distance_after;
  };

  CHECK(distance(-0.25) < 1e-12);
  CHECK(distance(-0.5) > 1e12);
}
