#include "reference/push_sum.hpp"

#include <catch2/catch.hpp>

#include "reference/dsgd.hpp"
#include "tests/reference/matrices.hpp"

using namespace xib::reference;
using xib::MixingMatrix;
using xib::MixingSchedule;

namespace {

// Node 0 keeps 1/2 and sends 1/4 to 1 and to 2; node 1 sends 1/2 to 2; node 2 sends 1/2 to 0. Rows sum to 1, 3/4, 5/4.
const Matrix kDirected{{0.5, 0, 0.5}, {0.25, 0.5, 0}, {0.25, 0.5, 0.5}};
const LearningRate kOne = [](std::int64_t) { return 1.0; };

MixingSchedule directed() { return MixingSchedule(std::vector<MixingMatrix>{sparse(kDirected, MixingMatrix::Stochastic::columns)}); }

// Step 0 puts the models at 3, 6, 0 (mean 3); later steps leave them.
Problem spread() {
  return {.nodes = 3,
          .initial = {0},
          .gradient =
              [](int node, std::int64_t step, const Vector&) {
                return Vector{step > 0 ? 0.0 : node == 0 ? -3.0 : node == 1 ? -6.0 : 0.0};
              },
          .loss = {}};
}

}  // namespace

TEST_CASE("push-sum divides what arrived by the weight that arrived") {
  const PushSumTrace t = push_sum(spread(), directed(), 1, 1, {}, kOne);

  CHECK(t.models[0].before == Matrix{{3}, {6}, {0}});
  CHECK(t.biased[0] == Matrix{{1.5}, {3.75}, {3.75}});
  CHECK(t.weights[0] == Vector{1, 0.75, 1.25});
  CHECK(t.models[0].after == Matrix{{1.5}, {5}, {3}});
}

TEST_CASE("push-sum converges to the mean where plain mixing does not") {
  const PushSumTrace t = push_sum(spread(), directed(), 1, 100, {}, kOne);

  // The second largest |eigenvalue| of W is under 0.6: 0.6^100 < 1e-22, so only rounding is left; 1e-13 is 150 ulps of 3 over 100 rounds.
  for (const Vector& z : t.models.back().after) CHECK(z[0] == Approx(3).margin(1e-13).epsilon(0));
  CHECK(std::abs(t.biased.back()[1][0] - 3) > 0.5);  // w = 3 (2, 1, 2) / 5 where it ends up
  CHECK(t.weights.back()[1] == Approx(0.6).margin(1e-13).epsilon(0));
}

TEST_CASE("gradients are taken at the de-biased models and move the biased ones") {
  const Problem p{.nodes = 3, .initial = {4}, .gradient = [](int, std::int64_t, const Vector& z) { return z; }, .loss = {}};

  const PushSumTrace t = push_sum(p, directed(), 1, 2, {}, [](std::int64_t) { return 0.5; });

  // x = 2 everywhere, then (2, 1.5, 2.5) over w = (1, 0.75, 1.25): z = 2. Second step: x - z/2 = (1, 0.5, 1.5).
  CHECK(t.models[0].after == Matrix{{2}, {2}, {2}});
  CHECK(t.biased[1] == Matrix{{0.5 + 0.75}, {0.25 + 0.25}, {0.25 + 0.25 + 0.75}});
}

TEST_CASE("with a doubly stochastic W push-sum is D-SGD") {
  const Matrix w{{0.75, 0.25, 0}, {0.25, 0.5, 0.25}, {0, 0.25, 0.75}};
  const Problem p{.nodes = 3, .initial = {4}, .gradient = [](int node, std::int64_t, const Vector& x) { return Vector{x[0] - 8 * node}; }, .loss = {}};
  const Sgd sgd{.momentum = 0.5, .nesterov = true, .weight_decay = 0.25};
  const LearningRate lr = [](std::int64_t) { return 0.25; };

  const PushSumTrace a = push_sum(p, fixed(w), 2, 3, sgd, lr);
  const Trace b = dsgd(p, {{3, rounds(2), fixed(w)}}, sgd, lr);

  for (std::size_t t = 0; t < 3; ++t) CHECK(a.models[t].after == b[t].after);
  CHECK(b[2].distance_after > 0);
}
