#include "reference/qg_dsgdm.hpp"

#include <catch2/catch.hpp>

#include "tests/reference/matrices.hpp"
#include "tests/reference/tiny_problems.hpp"

using namespace xib::reference;

TEST_CASE("the momentum is of how far the mixed model moved") {
  const Trace t = qg_dsgdm(constant({{2}, {-4}}), {{3, rounds(1), fixed(kPair)}}, {.momentum = 0.5}, always(0.5));

  // m = g. Moved by 1/4 and -5/4: m̂ = 1/2 * (1/2, -5/2).
  CHECK(t[0].before == Matrix{{-1}, {2}});
  CHECK(t[0].after == Matrix{{-0.25}, {1.25}});
  // m = 1/8 + 2 and -5/8 - 4. Moved by -5/32 and -35/32: m̂ = 1/8 - 5/32 and -5/8 - 35/32.
  CHECK(t[1].before == Matrix{{-0.25 - 1.0625}, {1.25 + 2.3125}});
  CHECK(t[1].after == Matrix{{-0.09375}, {2.34375}});
  CHECK(t[2].before == Matrix{{-0.09375 - (2 - 0.015625) / 2}, {2.34375 + (4 + 0.859375) / 2}});
}

TEST_CASE("Nesterov's form steps along d + mu m") {
  const Trace t = qg_dsgdm(constant({{2}, {-4}}), {{2, rounds(1), fixed(kPair)}}, {.momentum = 0.5, .nesterov = true}, always(0.5));

  // d + m/2 = 3 and -6. Moved by 3/8 and -15/8: m̂ = 3/8 and -15/8.
  CHECK(t[0].after == Matrix{{-0.375}, {1.875}});
  // m = 2 + 3/16 and -4 - 15/16; d + m/2 = 2 + 35/32 and -4 - 79/32.
  CHECK(t[1].before == Matrix{{-0.375 - (2 + 1.09375) / 2}, {1.875 + (4 + 2.46875) / 2}});
}

TEST_CASE("weight decay is part of d, and the distance moved is divided by the rate of its step") {
  const LearningRate rates = [](std::int64_t step) { return step == 0 ? 1.0 : 0.25; };

  const Trace t = qg_dsgdm({.nodes = 1, .initial = {4}, .gradient = [](int, std::int64_t, const Vector&) { return Vector{1}; }, .loss = {}},
                           {{3, rounds(1), fixed({{1}})}}, {.momentum = 0.5, .weight_decay = 0.5}, rates);

  CHECK(t[0].after == Matrix{{1}});           // d = 3; m̂ = 3/2
  CHECK(t[1].after == Matrix{{1 - 0.5625}});  // d = 3/2, m = 9/4; moved by 9/16 at 1/4: m̂ = 3/4 + 9/8
  CHECK(t[2].after == Matrix{{0.4375 - (0.9375 + 1.21875) / 4}});
}

TEST_CASE("exact averaging makes the momentum the same on every node") {
  const Trace t = qg_dsgdm(constant({{2}, {-4}}), {{4, exact(), fixed(kPair)}}, {.momentum = 0.5}, always(0.5));

  for (const StepTrace& step : t) {
    CHECK(step.before[1][0] - step.before[0][0] == 3);  // γ (g_0 - g_1), and nothing from the momentum
    CHECK(step.exact);
    CHECK(step.rounds == 0);
  }
}

TEST_CASE("a step with rate 0 leaves the momentum as it is, and without momentum it is D-SGD") {
  const LearningRate warm = [](std::int64_t step) { return step == 0 ? 0.0 : 0.5; };
  const Trace t = qg_dsgdm(constant({{2}, {-4}}), {{2, rounds(1), fixed(kPair)}}, {.momentum = 0.5}, warm);
  CHECK(t[1].before == Matrix{{-1}, {2}});

  const Trace a = qg_dsgdm(constant({{2}, {-4}}), {{3, rounds(2), fixed(kPair)}}, {}, always(0.5));
  const Trace b = dsgd(constant({{2}, {-4}}), {{3, rounds(2), fixed(kPair)}}, {}, always(0.5));
  for (std::size_t k = 0; k < 3; ++k) CHECK(a[k].after == b[k].after);
}
