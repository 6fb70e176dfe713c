#include "reference/dsgd.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "reference/centralized.hpp"
#include "tests/reference/matrices.hpp"
#include "tests/reference/tiny_problems.hpp"

using namespace xib::reference;
using xib::MixingMatrix;
using xib::MixingSchedule;

namespace {

const LearningRate kOne = [](std::int64_t) { return 1.0; };

// Step 0 puts the two models at +8 and -8, later steps leave them.
Problem apart() {
  return {.nodes = 2,
          .initial = {0},
          .gradient = [](int node, std::int64_t step, const Vector&) { return Vector{step > 0    ? 0.0
                                                                                     : node == 0 ? -8.0
                                                                                                 : 8.0}; },
          .loss = {}};
}

}  // namespace

TEST_CASE("D-SGD steps, then mixes") {
  const Trace t = dsgd(constant({{2}, {-4}}, {0}), {{2, rounds(1), fixed(kPair)}}, {}, [](std::int64_t) { return 0.5; });

  REQUIRE(t.size() == 2);
  CHECK(t[0].before == Matrix{{-1}, {2}});
  CHECK(t[0].distance_before == 1.5);
  CHECK(t[0].after == Matrix{{-0.25}, {1.25}});
  CHECK(t[0].distance_after == 0.75);
  CHECK(t[1].before == Matrix{{-1.25}, {3.25}});
  CHECK(t[1].after == Matrix{{-0.125}, {2.125}});
  CHECK(t[1].rounds == 1);
  CHECK_FALSE(t[1].exact);
}

TEST_CASE("every node's gradient is taken at its own model, its loss before the step") {
  const Trace t = dsgd(pull({4, -4}, 8), {{2, rounds(1), fixed(kPair)}}, {}, [](std::int64_t) { return 0.5; });

  // gradients 4 and 12: local 6 and 2, mixed 5 and 3; then gradients 1 and 7: local 4.5 and -0.5, mixed 3.25 and 0.75
  CHECK(t[0].loss == (8 + 72) / 2);
  CHECK(t[0].after == Matrix{{5}, {3}});
  CHECK(t[1].loss == (0.5 + 24.5) / 2);
  CHECK(t[1].after == Matrix{{3.25}, {0.75}});
}

TEST_CASE("the learning rate is that of the step of the run, over all phases") {
  const LearningRate lr = [](std::int64_t step) { return std::ldexp(1.0, -static_cast<int>(step)); };

  const Trace t = dsgd(constant({{8}}, {0}), {{1, rounds(1), fixed({{1}})}, {2, rounds(1), fixed({{1}})}}, {}, lr);

  CHECK(t[2].after == Matrix{{-8 - 4 - 2}});
}

TEST_CASE("momentum and weight decay follow v = mu v + g + wd x") {
  const Trace t =
      dsgd(constant({{2}}, {8}), {{2, rounds(1), fixed({{1}})}}, {.momentum = 0.5, .nesterov = false, .weight_decay = 0.25}, [](std::int64_t) { return 0.25; });

  // d = 2 + 2 = 4, v = 4, x = 8 - 1;  d = 2 + 1.75, v = 2 + 3.75 = 5.75, x = 7 - 1.4375. The same numbers in torch_sgd_test.py.
  CHECK(t[0].after == Matrix{{7}});
  CHECK(t[1].after == Matrix{{5.5625}});
}

TEST_CASE("Nesterov momentum steps along d + mu v") {
  const Trace t =
      dsgd(constant({{2}}, {8}), {{2, rounds(1), fixed({{1}})}}, {.momentum = 0.5, .nesterov = true, .weight_decay = 0.25}, [](std::int64_t) { return 0.25; });

  // d = 4, v = 4, x = 8 - 6/4;  d = 2 + 1.625, v = 2 + 3.625 = 5.625, x = 6.5 - (3.625 + 2.8125)/4. The same in torch_sgd_test.py.
  CHECK(t[0].after == Matrix{{6.5}});
  CHECK(t[1].after == Matrix{{4.890625}});
}

TEST_CASE("momentum stays local: mixing the models leaves the velocities apart") {
  const Trace t = dsgd(constant({{4}, {0}}, {0}), {{2, rounds(1), fixed({{0.5, 0.5}, {0.5, 0.5}})}}, {.momentum = 0.5}, kOne);

  CHECK(t[0].after == Matrix{{-2}, {-2}});
  CHECK(t[1].before == Matrix{{-8}, {-2}});  // velocities 6 and 0; mixed ones would give -7 and -3
}

TEST_CASE("several rounds multiply by a power of W") {
  const Trace t = dsgd(apart(), {{1, rounds(3), fixed(kPair)}}, {}, kOne);

  CHECK(t[0].distance_before == 8);
  CHECK(t[0].distance_after == 1);
  CHECK(t[0].rounds == 3);
}

TEST_CASE("time-varying matrices are taken in turn, from the first again in every phase") {
  const Matrix pairs{{0.5, 0.5, 0, 0}, {0.5, 0.5, 0, 0}, {0, 0, 0.5, 0.5}, {0, 0, 0.5, 0.5}};
  const Matrix cross{{0.5, 0, 0.5, 0}, {0, 0.5, 0, 0.5}, {0.5, 0, 0.5, 0}, {0, 0.5, 0, 0.5}};
  const MixingSchedule turns(std::vector<MixingMatrix>{sparse(pairs), sparse(cross)});
  const Problem p = constant({{0}, {-8}, {-16}, {-40}}, {0});

  const Trace two = dsgd(p, {{1, rounds(2), turns}}, {}, kOne);
  const Trace phases = dsgd(p, {{1, rounds(1), turns}, {1, rounds(1), turns}}, {}, kOne);
  const Trace steps = dsgd(p, {{2, rounds(1), turns}}, {}, kOne);

  CHECK(two[0].after == Matrix(4, Vector{16}));
  CHECK(phases[0].after == Matrix{{4}, {4}, {28}, {28}});
  CHECK(phases[1].after == Matrix{{8}, {8}, {56}, {56}});   // (4, 12, 44, 68) in pairs
  CHECK(steps[1].after == Matrix{{24}, {40}, {24}, {40}});  // the same across
}

TEST_CASE("exact averaging puts the mean on every node and counts no round") {
  const Trace t = dsgd(constant({{2}, {-4}}, {0}), {{1, exact(), fixed(kPair)}}, {}, kOne);

  CHECK(t[0].after == Matrix{{1}, {1}});
  CHECK(t[0].distance_before == 3);
  CHECK(t[0].distance_after == 0);
  CHECK(t[0].rounds == 0);
  CHECK(t[0].exact);
}

TEST_CASE("control mixes until the distance is within the target, the target itself included") {
  const auto run = [](double distance) { return dsgd(apart(), {{1, target(distance, {.least = 0}), fixed(kPair)}}, {}, kOne)[0]; };

  CHECK(run(8).rounds == 0);
  CHECK(run(7.9).rounds == 1);
  CHECK(run(2).rounds == 2);
  CHECK(run(2).distance_after == 2);
  CHECK(run(1.9).rounds == 3);
  CHECK(run(1.9).reached);
}

TEST_CASE("control adds rounds to the least number, one unless said otherwise, that D-SGD does in every step") {
  const auto run = [](double distance, RoundLimits limits) { return dsgd(apart(), {{2, target(distance, limits), fixed(kPair)}}, {}, kOne); };

  CHECK(run(8, {})[0].rounds == 1);
  CHECK(run(8, {})[0].distance_after == 4);
  CHECK(run(8, {})[1].rounds == 1);  // at 4 after a step that moves nothing: half of it is mixed away still
  CHECK(run(8, {})[1].distance_after == 2);
  CHECK(run(2, {})[0].rounds == 2);
  CHECK(run(8, {.least = 3})[0].rounds == 3);
  CHECK(run(8, {.least = 3})[0].reached);
  CHECK(run(0.5, {.least = 3})[0].rounds == 4);
}

TEST_CASE("an adaptive target is s times the average of the gradient norm, of the phase or of the run") {
  // Every step moves both nodes alike: gradients 1, 3, 5, 2 are the norms. beta = 1/2.
  const Problem p{.nodes = 2,
                  .initial = {0},
                  .gradient =
                      [](int, std::int64_t step, const Vector&) {
                        return Vector{std::vector{1.0, 3.0, 5.0, 2.0}[static_cast<std::size_t>(step)]};
                      },
                  .loss = {}};
  const auto targets = [&](bool of_run, const Policy& between) {
    std::vector<double> out;
    for (const auto& step :
         dsgd(p, {{1, adaptive(2, 0.5, of_run), fixed(kPair)}, {1, between, fixed(kPair)}, {2, adaptive(2, 0.5, of_run), fixed(kPair)}}, {}, kOne))
      out.push_back(step.target);
    return out;
  };

  CHECK(targets(false, adaptive(2, 0.5, false)) == std::vector{2.0, 6.0, 10.0, 7.0});
  CHECK(targets(true, adaptive(4, 0.5, true)) == std::vector{2.0, 8.0, 7.0, 5.5});    // averages 1, 2, 3.5, 2.75
  CHECK(targets(true, adaptive(4, 0.5, false)) == std::vector{2.0, 12.0, 8.0, 6.0});  // averages 1, 3 anew, 4, 3
  const auto plain = targets(true, rounds(1));
  CHECK(std::isnan(plain[1]));
  CHECK(plain[2] == 6);  // (1 + 5)/2: the step between did not count
  CHECK(plain[3] == 5);  // (3 + 2)/2
}

TEST_CASE("the norm of an adaptive target is the root of the mean over nodes of their squared gradients") {
  const Trace t = dsgd(constant({{1}, {7}}, {0}), {{1, adaptive(1, 0, false), fixed(kPair)}}, {}, kOne);

  CHECK(t[0].target == 5);
  CHECK(t[0].distance_before == 3);
  CHECK(t[0].rounds == 1);
  CHECK(t[0].reached);
}

TEST_CASE("control gives up after the most rounds allowed and says so") {
  const Trace t = dsgd(apart(), {{1, target(1, {.most = 2}), fixed(kPair)}}, {}, kOne);

  CHECK(t[0].rounds == 2);
  CHECK(t[0].distance_after == 2);
  CHECK_FALSE(t[0].reached);
}

TEST_CASE("control of diverged models ends and has not reached its target") {
  const Trace t = dsgd(constant({{std::numeric_limits<double>::quiet_NaN()}, {0}}, {0}), {{1, target(1, {.most = 5}), fixed(kPair)}}, {}, kOne);

  CHECK(t[0].rounds == 5);
  CHECK_FALSE(t[0].reached);
}

TEST_CASE("D-SGD with exact averaging is centralized SGD, momentum included") {
  const Sgd sgd{.momentum = 0.5, .nesterov = true, .weight_decay = 0.125};
  const LearningRate lr = [](std::int64_t) { return 0.25; };

  const Trace a = dsgd(pull({4, -12}, 8), {{4, exact(), fixed(kPair)}}, sgd, lr), b = centralized(pull({4, -12}, 8), 4, sgd, lr);

  for (std::size_t t = 0; t < 4; ++t) CHECK(a[t].after == b[t].after);  // all numbers are dyadic and short: equal bits
  CHECK(a[3].after[0][0] != 8);
}
