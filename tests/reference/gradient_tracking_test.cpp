#include "reference/gradient_tracking.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/reference/matrices.hpp"
#include "tests/reference/tiny_problems.hpp"

using namespace xib::reference;

TEST_CASE("the estimates of the mean gradient mix as the models do, and the models step along them") {
  const Trace t = gradient_tracking(constant({{2}, {-4}}), {{3, rounds(1), fixed(kPair)}}, {}, always(0.5));

  CHECK(t[0].before == Matrix{{-1}, {2}});  // y = (2, -4)
  CHECK(t[0].after == Matrix{{-0.25}, {1.25}});
  CHECK(t[1].before == Matrix{{-0.25 - 0.25}, {1.25 + 1.25}});  // y = (1/2, -5/2)
  CHECK(t[1].after == Matrix{{0.25}, {1.75}});
  CHECK(t[2].before == Matrix{{0.25 + 0.125}, {1.75 + 0.875}});  // y = (-1/4, -7/4)
}

TEST_CASE("a change of the gradient enters the estimate whole, after the old one was mixed") {
  const Trace t = gradient_tracking(pull({4, -12}), {{2, rounds(1), fixed(kPair)}}, {}, always(0.5));

  CHECK(t[0].after == Matrix{{0}, {-4}});  // y = (-4, 12)
  // y mixed: (0, 8); gradients (-4, 8), changed by (0, -4): y = (0, 4)
  CHECK(t[1].before == Matrix{{0}, {-6}});
}

TEST_CASE("two rounds mix both twice, and exact averaging makes the estimates equal") {
  const Trace two = gradient_tracking(constant({{4}, {-4}}), {{2, rounds(2), fixed(kPair)}}, {}, always(1));
  CHECK(two[0].after == Matrix{{-1}, {1}});
  CHECK(two[1].before == Matrix{{-2}, {2}});  // y = (1, -1)
  CHECK(two[0].rounds == 2);

  const Trace mean = gradient_tracking(constant({{2}, {-4}}), {{2, exact(), fixed(kPair)}}, {}, always(1));
  CHECK(mean[0].after == Matrix{{1}, {1}});
  CHECK(mean[1].before == Matrix{{2}, {2}});  // y = (-1, -1)
  CHECK(mean[1].exact);
}

TEST_CASE("momentum is the node's own, is tracked in the gradient's place, and on one node all of it is SGD") {
  const Trace t = gradient_tracking(constant({{2}, {-4}}), {{2, rounds(1), fixed(kPair)}}, {.momentum = 0.5}, always(0.5));
  CHECK(t[1].before == Matrix{{-0.25 - 0.75}, {1.25 + 2.25}});  // directions change by (1, -2): y = (3/2, -9/2)

  const Sgd sgd{.momentum = 0.5, .nesterov = true, .weight_decay = 0.25};
  const std::vector<Phase> alone{{4, rounds(1), fixed({{1}})}};
  const Trace a = gradient_tracking(pull({3}), alone, sgd, always(0.5)), b = dsgd(pull({3}), alone, sgd, always(0.5));
  for (std::size_t k = 0; k < 4; ++k) CHECK(a[k].after == b[k].after);
}

TEST_CASE("nodes that disagree come to the optimum of their sum with a constant rate") {
  const Trace t = gradient_tracking(pull({4, -12}), {{400, rounds(1), fixed(kPair)}}, {}, always(0.25));

  CHECK(std::abs(t.back().after[0][0] + 4) < 1e-12);
  CHECK(t.back().distance_after < 1e-12);
}
