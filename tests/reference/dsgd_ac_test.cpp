#include "reference/dsgd_ac.hpp"

#include <catch2/catch.hpp>

#include "reference/dsgd.hpp"
#include "tests/reference/matrices.hpp"

using namespace xib::reference;

namespace {

const Matrix kMean{{0.5, 0.5}, {0.5, 0.5}};

// Gradients that move the models by 8 and -8 whatever the learning rate.
Problem pushed(double lr) {
  return {.nodes = 2, .initial = {0}, .gradient = [lr](int node, std::int64_t, const Vector&) { return Vector{(node == 0 ? -8 : 8) / lr}; }, .loss = {}};
}

}  // namespace

TEST_CASE("DSGD-AC mixes with the cube of the relative learning rate") {
  const Trace t = dsgd_ac(pushed(0.5), fixed(kMean), 1, 1, {.lr_max = 1}, {}, [](std::int64_t) { return 0.5; });

  CHECK(t[0].before == Matrix{{8}, {-8}});
  CHECK(t[0].after == Matrix{{7}, {-7}});  // 7/8 x + 1/8 of the mean, 0
  CHECK(t[0].distance_after == 7);
}

TEST_CASE("every round of a step is damped") {
  const Trace t = dsgd_ac(pushed(0.5), fixed(kMean), 2, 1, {.lr_max = 1}, {}, [](std::int64_t) { return 0.5; });

  CHECK(t[0].after == Matrix{{6.125}, {-6.125}});
}

TEST_CASE("before its first step and at the peak learning rate DSGD-AC is D-SGD") {
  const LearningRate half = [](std::int64_t) { return 0.5; };
  const Matrix w{{0.75, 0.25}, {0.25, 0.75}};

  const Trace late = dsgd_ac(pushed(0.5), fixed(w), 1, 3, {.lr_max = 1, .first_step = 2}, {.momentum = 0.5}, half);
  const Trace peak = dsgd_ac(pushed(0.5), fixed(w), 1, 3, {.lr_max = 0.5}, {.momentum = 0.5}, half);
  const Trace plain = dsgd(pushed(0.5), {{3, rounds(1), fixed(w)}}, {.momentum = 0.5}, half);

  for (std::size_t t = 0; t < 3; ++t) CHECK(peak[t].after == plain[t].after);
  CHECK(late[1].after == plain[1].after);
  CHECK(late[2].before == plain[2].before);
  CHECK(late[2].distance_after > plain[2].distance_after);
}
