#include "tests/control/controlled.hpp"

#include "harness/core/check.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <cmath>

using namespace xib;
using namespace xib::test;
using Catch::Contains;

TEST_CASE("every policy gives the same bits, decisions and records on any number of ranks and threads") {
  for (const std::string policy : {"rounds(2)", "exact", "exact-every(2)", "target(0.5)", "fraction(0.5)", "fraction-of-start(0.5, steps = 2)", "adaptive(0.1)",
                                   "critical(L = 2)", "critical(factor = 0.5, L = 3)", "dsgd-ac(after = 0)"}) {
    Setting setting{.policy = policy, .steps = 4, .context = {.reference_distance = 1, .max_rounds = 50}};
    const Outcome alone = controlled(kStart, setting, {1, 1});
    for (const auto how : kSpreads) {
      INFO(policy << ", " << how.ranks << " ranks, " << how.threads << " threads");
      const Outcome out = controlled(kStart, setting, how);
      CHECK(out.rows == alone.rows);
      CHECK(out.squared_distances == alone.squared_distances);
      for (std::size_t k = 0; k < out.steps.size(); ++k) {
        CHECK(out.steps[k].rounds == alone.steps[k].rounds);
        CHECK(out.steps[k].distance == alone.steps[k].distance);
        CHECK(out.steps[k].distance_before == alone.steps[k].distance_before);
        CHECK(out.steps[k].mean_norm == alone.steps[k].mean_norm);
        CHECK(out.steps[k].bytes == alone.steps[k].bytes);
        CHECK(out.steps[k].gauge_bytes == alone.steps[k].gauge_bytes);
        CHECK(out.steps[k].decision_bytes == alone.steps[k].decision_bytes);
      }
    }
  }
}

TEST_CASE("after control to a target the measured distance is at the target or below, and one round less would not do") {
  const double target = 0.5;
  const Outcome out = controlled(kStart, {.policy = "target(0.5)", .steps = 1}, {2, 1});

  const auto& step = out.steps[0];
  REQUIRE(step.rounds > 1);
  CHECK(step.reached);
  CHECK(step.target == target);
  CHECK(step.distance_before > target);
  // Mixing in float moves each entry by at most 11 u m per round (derived in mixer_test), u = 2^-24 and |x| <= 10: so Ξ by sqrt(dim) times that.
  const double margin = step.rounds * 11 * 0x1p-24 * 10 * std::sqrt(static_cast<double>(kDim));
  CHECK(step.distance <= target + margin);
  CHECK(step.distance == same_distance(distance_of(out.rows)));
  const Outcome less = controlled(kStart, {.policy = fmt::format("rounds({})", step.rounds - 1), .steps = 1}, {1, 1});
  CHECK(less.steps[0].distance > target - margin);
  const Outcome same = controlled(kStart, {.policy = fmt::format("rounds({})", step.rounds), .steps = 1}, {1, 1});
  CHECK(same.rows == out.rows);
}

TEST_CASE("exact averaging leaves distance 0 and equal rows, without a second measurement") {
  const Outcome out = controlled(kStart, {.policy = "exact", .steps = 1}, {3, 1});
  CHECK(out.steps[0].exact);
  CHECK(out.steps[0].rounds == 0);
  CHECK(std::isnan(out.steps[0].strength));
  CHECK(out.steps[0].distance == 0);
  CHECK(out.squared_distances[0] == std::vector<double>(7, 0.0));
  CHECK(distance_of(out.rows) == 0);
}

TEST_CASE("a second matrix that communicates alike becomes what the models have become, and its bytes are added") {
  const MixingSchedule drawn(7, [](std::int64_t round) { return alternating(7).at(round); });
  for (const auto& schedule : {alternating(7), drawn})
    for (const std::string policy : {"rounds(3)", "rounds(0)", "exact", "exact-every(2)", "target(0.5)", "dsgd-ac(after = 0, power = 1)"})
      for (const auto how : kSpreads) {
        INFO(policy << ", " << how.ranks << " ranks, " << how.threads << " threads");
        std::atomic<int> wrong = 0;
        spread(kStart, how, [&](Communicator& communicator, ThreadPool& pool, NodeLayout layout, NodeMatrix& x) {
          std::vector<PhaseControl> phases;
          phases.push_back({schedule, make_policy(policy, "control.policy", {.max_rounds = 50})});
          ConsensusController controller(communicator, pool, layout, kDim, std::move(phases), 1);
          Stopwatch watch([&] { return communicator.now(); }, [] { return 0.0; });
          NodeMatrix g(x.count(), kDim), y(x.count(), kDim);
          copy_in(kStart, layout, y);
          const std::vector<double> norm2(static_cast<std::size_t>(x.count()));
          for (std::int64_t step = 0; step < 3; ++step) {
            const Position at{.step = step, .phase_step = step, .lr = 0.25, .lr_max = 0.5};
            Communicated done = controller.communicate(x, g, norm2, at, watch);
            const std::int64_t once = done.bytes;
            controller.communicate_alike(y, at, done, watch);
            wrong += done.bytes != 2 * once || (once > 0) != (done.exact || done.rounds > 0);
            for (int k = 0; k < x.count(); ++k) wrong += !std::equal(x.row(k).begin(), x.row(k).end(), y.row(k).begin());
          }
        });
        CHECK(wrong == 0);
      }
}

TEST_CASE("a run interrupted and restored continues with the same schedule, decisions and bits") {
  for (const std::string policy : {"rounds(1)", "fraction-of-start(0.5, steps = 3)", "adaptive(0.1)"}) {
    INFO(policy);
    const Outcome whole = controlled(kStart, {.policy = policy, .steps = 6}, {1, 1});
    const Outcome first = controlled(kStart, {.policy = policy, .steps = 3}, {2, 1});
    const Outcome second = controlled(first.rows, {.policy = policy, .steps = 3, .first_step = 3}, {3, 1}, first.state);
    CHECK(second.rows == whole.rows);
    CHECK(second.state == whole.state);
  }
}

TEST_CASE("an average of the run outlives phases and interruptions, whatever phase they fall into, on any number of ranks") {
  const auto setting = [](int steps, std::int64_t first, const std::string& average) {
    const std::string policy = "adaptive(0.05, average = " + average + ")";
    return Setting{.policy = policy, .steps = steps, .first_step = first, .later = {"rounds(1)", policy, policy}};
  };
  const Outcome whole = controlled(kStart, setting(8, 0, "run"), {1, 1}), anew = controlled(kStart, setting(8, 0, "phase"), {1, 1});
  for (const std::size_t begun : {0, 1}) CHECK(whole.steps[begun].target == anew.steps[begun].target);
  for (const std::size_t later : {4, 5, 6, 7}) CHECK(whole.steps[later].target != anew.steps[later].target);
  for (int interruption = 1; interruption < 8; ++interruption)
    for (const auto how : kSpreads) {
      INFO("interrupted before step " << interruption << ", " << how.ranks << " ranks");
      const Outcome first = controlled(kStart, setting(interruption, 0, "run"), how);
      const Outcome second = controlled(first.rows, setting(8 - interruption, interruption, "run"), {3, 1}, first.state);
      CHECK(second.rows == whole.rows);
      for (int step = interruption; step < 8; ++step) {
        const double target = second.steps[static_cast<std::size_t>(step - interruption)].target, expected = whole.steps[static_cast<std::size_t>(step)].target;
        CHECK((target == expected || (std::isnan(target) && std::isnan(expected))));
      }
    }
}

TEST_CASE("a model that is no longer finite ends the run with an error that names the step") {
  Rows rows = kStart;
  rows[3][5] = NAN;
  for (const std::string policy : {"rounds(1)", "target(0.5)"})
    for (const Spread how : {Spread{1, 1}, {2, 1}})
      CHECK_THROWS_WITH(controlled(rows, {.policy = policy, .first_step = 41}, how), Contains("step 41") && Contains("not finite"));
}

TEST_CASE("what rank 0 cannot decide ends all ranks with its message") {
  CHECK_THROWS_WITH(controlled(kStart, {.policy = "target(1e-9)"}, {3, 1}), Contains("below") && Contains("use exact"));
}

TEST_CASE("the full gradient is taken at the mean model, and asked for only where the task knows it") {
  Setting setting{.policy = "critical", .steps = 1, .context = {.max_rounds = 50, .L = 2, .full_gradient = true}};
  CHECK_THROWS_WITH(controlled(kStart, setting, {1, 1}), Contains("full gradient"));
  setting.full_gradient = [](std::span<const float> mean) { return mean.size() == kDim ? FullGradient{32, 28} : FullGradient{}; };
  // σ² = 28, L = 2, n = 7, γ = 1/2: Γ² = γ 28/(2 · 7) + 32/(8 · 4) = 2.
  CHECK(controlled(kStart, setting, {2, 1}).steps[0].critical == std::sqrt(2.0));
}

TEST_CASE("one node is in consensus under every policy") {
  const Rows one = random_rows(1, kDim, 2);
  for (const std::string policy : {"rounds(2)", "exact", "target(0.5)", "adaptive(0.1)"}) {
    const Outcome out = controlled(one, {.policy = policy, .schedule = [] { return fixed(MixingMatrix({{{0, 1.0}}})); }}, {1, 2});
    for (const auto& step : out.steps) {
      CHECK(step.distance == 0);
      CHECK(step.bytes == 0);
      CHECK(step.gauge_bytes == 0);
    }
  }
}

TEST_CASE("a target above the distance leaves D-SGD's own round, unless no round is asked for") {
  const Outcome plain = controlled(kStart, {.policy = "rounds(1)"}, {1, 1});
  const PolicyContext idle{.min_rounds = 0, .max_rounds = 50};
  const Outcome held = controlled(kStart, {.policy = "target(1000)"}, {2, 1}), left = controlled(kStart, {.policy = "target(1000)", .context = idle}, {2, 1});
  CHECK(held.rows == plain.rows);
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK(held.steps[k].rounds == 1);
    CHECK(held.steps[k].distance == plain.steps[k].distance);
    CHECK(held.steps[k].bytes == plain.steps[k].bytes);
    CHECK(left.steps[k].rounds == 0);
    CHECK(left.steps[k].bytes == 0);
    CHECK(left.steps[k].distance > held.steps[k].distance);
  }
}
