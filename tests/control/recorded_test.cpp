#include "tests/control/controlled.hpp"

#include "harness/core/check.hpp"

#include <catch2/catch.hpp>

#include <cmath>

using namespace xib;
using namespace xib::test;
using Catch::Contains;

TEST_CASE("measurements for the record are taken every measure_every steps, NaN between, and change nothing else") {
  const Spread how = GENERATE(Spread{1, 1}, Spread{2, 1});  // in the pass that mixes, and in passes of its own
  const Outcome often = controlled(kStart, {.policy = "rounds(1)", .measure_every = 1, .steps = 5}, how);
  const Outcome rarely = controlled(kStart, {.policy = "rounds(1)", .measure_every = 2, .steps = 5}, how);
  const Outcome never = controlled(kStart, {.policy = "rounds(1)", .measure_every = 0, .steps = 5}, how);
  CHECK(often.rows == rarely.rows);
  CHECK(often.rows == never.rows);
  for (std::size_t k = 0; k < 5; ++k) {
    CHECK(std::isnan(rarely.steps[k].distance) == (k % 2 == 1));
    CHECK((rarely.steps[k].gauge_bytes == 0) == (k % 2 == 1));
    CHECK(rarely.squared_distances[k].empty() == (k % 2 == 1));
    CHECK(std::isnan(never.steps[k].distance));
    CHECK(never.steps[k].gauge_bytes == 0);
    if (k % 2 == 0) CHECK(rarely.steps[k].distance == often.steps[k].distance);
  }
}

TEST_CASE("bytes are those of gossip with one node per rank, and gauges are counted apart") {
  const Outcome out = controlled(kStart, {.policy = "rounds(2)", .measure_every = 0, .steps = 1}, {1, 1});
  const auto schedule = alternating(7);
  CHECK(out.steps[0].bytes == (schedule.at(0).messages() + schedule.at(1).messages()) * static_cast<std::int64_t>(kDim) * 4);
  CHECK(out.steps[0].gauge_bytes == 0);
}

TEST_CASE("what a policy needed to decide is counted apart from what was measured for the record") {
  // measure_every = 0 leaves what the policy itself asks for before mixing, and the exact measurement after it.
  const auto bytes = [](const std::string& policy, const std::string& gauge, std::int64_t every) {
    const Setting setting{.policy = policy, .measure_every = every, .steps = 1, .gauge = gauge};
    const auto step = controlled(kStart, setting, {2, 1}).steps[0];
    return std::pair(step.gauge_bytes, step.decision_bytes);
  };
  CHECK(bytes("rounds(1)", "none", 1) == std::pair<std::int64_t, std::int64_t>(0, 0));
  const auto twice = bytes("rounds(1)", "exact", 1);  // before and after mixing
  CHECK(twice.first > 0);
  CHECK(twice.second == 0);

  const auto target = bytes("target(0.5)", "none", 0), recorded = bytes("target(0.5)", "exact", 1);
  CHECK(target == recorded);
  CHECK(target.first - target.second == twice.first / 2);
  const auto adaptive = bytes("adaptive(0.1)", "none", 0);
  CHECK(adaptive.second - target.second == 7 * 6 * 8);  // a double of every node to every other

  // Gradients are measured where the policy asks, on top of an exact measurement for the record.
  const auto critical = bytes("critical(L = 2)", "none", 0);
  CHECK(critical.second - target.second == twice.first / 2);
  CHECK(critical.first - critical.second == twice.first / 2);
}

TEST_CASE("a gauge changes what is recorded and what it costs, never the models") {
  const auto run = [](std::string_view gauge, std::string_view policy, Spread how) {
    return controlled(kStart, {.policy = std::string(policy), .steps = 3, .gauge = std::string(gauge)}, how);
  };
  const Outcome exact = run("exact", "rounds(2)", {1, 1});
  for (const auto how : kSpreads) {
    const Outcome none = run("none", "rounds(2)", how), wide = run("sketch(40)", "rounds(2)", how), moved = run("displacement", "rounds(2)", how);
    for (const Outcome* out : {&none, &wide, &moved}) CHECK(out->rows == exact.rows);
    for (std::size_t k = 0; k < 3; ++k) {
      CHECK(std::isnan(none.steps[k].distance));
      CHECK(none.steps[k].gauge_bytes == 0);
      // As many buckets as columns: the sketch errs by rounding alone, 40 x 7 terms of relative error below 20 u each.
      CHECK(wide.steps[k].distance == same_distance(exact.steps[k].distance));
      CHECK(wide.steps[k].distance_before == same_distance(exact.steps[k].distance_before));
      CHECK(wide.steps[k].gauge_bytes == 2 * 7 * 6 * 40 * 8);
      CHECK(wide.squared_distances[k].empty());
      CHECK(std::isnan(moved.steps[k].distance));
      CHECK(moved.steps[k].displacement > 0);
      for (const Outcome* out : {&none, &wide, &moved, &exact}) CHECK(out->steps[k].strength == 1);
      CHECK(moved.steps[k].gauge_bytes == 7 * 6 * 8);
      CHECK(std::isnan(exact.steps[k].displacement));
    }
  }
}

TEST_CASE("policies that need the Gram matrix measure exactly under every gauge") {
  const Outcome exact = controlled(kStart, {.policy = "target(0.5)", .gauge = "exact"}, {1, 1});
  for (const auto& info : gauges()) {
    INFO(info.name);
    const Outcome out = controlled(kStart, {.policy = "target(0.5)", .gauge = std::string(info.name)}, {2, 1});
    CHECK(out.rows == exact.rows);
    for (std::size_t k = 0; k < 3; ++k) {
      CHECK(out.steps[k].distance == exact.steps[k].distance);
      CHECK(out.steps[k].rounds == exact.steps[k].rounds);
    }
  }
}

TEST_CASE("the strength of weak mixing is reported, the displacement of the round is that of W, and without a round there is neither") {
  Setting setting{.policy = "rounds(1)", .steps = 1, .gauge = "displacement"};
  const double theta = controlled(kStart, setting, {2, 1}).steps[0].displacement;
  setting.policy = "dsgd-ac(after = 0, power = 2)";
  setting.lr = 0.25;  // half of the peak
  const Communicated weak = controlled(kStart, setting, {2, 1}).steps[0];
  CHECK(weak.strength == 0.25);
  CHECK(weak.displacement == theta);  // a power of two scales every float and double exactly
  setting.policy = "rounds(0)";
  const Communicated idle = controlled(kStart, setting, {2, 1}).steps[0];
  CHECK(std::isnan(idle.strength));
  CHECK(std::isnan(idle.displacement));
  CHECK(idle.gauge_bytes == 0);
}

TEST_CASE("a sketch notices a model that is no longer finite") {
  Rows rows = kStart;
  rows[3][5] = INFINITY;
  CHECK_THROWS_WITH(controlled(rows, {.first_step = 41, .gauge = "sketch(8)"}, {2, 1}), Contains("step 41") && Contains("not finite"));
}
