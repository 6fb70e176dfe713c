#include "reference/dsgd_cta.hpp"

#include <catch2/catch.hpp>

#include "tests/reference/matrices.hpp"
#include "tests/reference/tiny_problems.hpp"

using namespace xib::reference;

namespace {

const LearningRate kHalf = [](std::int64_t) { return 0.5; };

}  // namespace

TEST_CASE("the models are mixed, then stepped along the gradients at the models before") {
  const Trace t = dsgd_cta(pull({4, -4}, 8), {{2, rounds(1), fixed(kPair)}}, {}, kHalf);

  // All equal: nothing to mix. Gradients 4 and 12.
  CHECK(t[0].after == Matrix{{6}, {2}});
  CHECK(t[0].distance_before == 0);
  CHECK(t[0].distance_after == 0);
  // Mixed 5 and 3; gradients at 6 and 2: 2 and 6.
  CHECK(t[1].before == t[0].after);
  CHECK(t[1].distance_before == 2);
  CHECK(t[1].distance_after == 1);
  CHECK(t[1].after == Matrix{{4}, {0}});
  CHECK(t[1].rounds == 1);
}

TEST_CASE("weight decay is of the mixed model, and momentum stays local") {
  const Trace t = dsgd_cta(pull({4, -4}, 8), {{2, rounds(1), fixed(kPair)}}, {.momentum = 0.5, .weight_decay = 0.5}, kHalf);

  CHECK(t[0].after == Matrix{{4}, {0}});  // d = 4 + 4 and 12 + 4
  // Mixed 3 and 1; d = 0 + 3/2 and 4 + 1/2; velocities 4 + 3/2 and 8 + 9/2.
  CHECK(t[1].after == Matrix{{3 - 2.75}, {1 - 6.25}});
}

TEST_CASE("exact averaging makes the models equal before the step and not after it") {
  const Trace t = dsgd_cta(pull({4, -4}, 8), {{2, exact(), fixed(kPair)}}, {}, kHalf);

  CHECK(t[1].distance_before == 2);
  CHECK(t[1].distance_after == 0);
  CHECK(t[1].after == Matrix{{4 - 1}, {4 - 3}});
  CHECK(t[1].exact);
}
