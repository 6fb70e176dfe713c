#include "harness/control/controller.hpp"

#include "harness/core/check.hpp"
#include "tests/mix/worlds.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>

using namespace xib;
using namespace xib::test;
using Catch::Contains;

namespace {

constexpr std::size_t kDim = 40;

struct Setting {
  std::string policy = "rounds(1)";
  std::int64_t measure_every = 1;
  int steps = 3;
  std::int64_t first_step = 0;
  std::function<MixingSchedule()> schedule = [] { return alternating(7); };
  FullGradientAt full_gradient = {};
  PolicyContext context{.max_rounds = 50};
  std::string gauge = "exact";
  double lr = 0.5;  // the peak is 0.5
};

struct Outcome {
  Rows rows;
  std::vector<Communicated> steps;
  std::vector<std::vector<double>> squared_distances;
  std::vector<double> state;
};

// In each step every node moves by a fixed pseudo-random amount, then the nodes communicate.
Outcome controlled(const Rows& start, const Setting& setting, Spread how, std::span<const double> state = {}) {
  Outcome out;
  out.rows = spread(start, how, [&](Communicator& communicator, ThreadPool& pool, NodeLayout layout, NodeMatrix& x) {
    std::vector<PhaseControl> phases;
    phases.push_back({setting.schedule(), make_policy(setting.policy, "[control] policy", setting.context)});
    ConsensusController controller(communicator, pool, layout, kDim, std::move(phases), setting.measure_every, setting.full_gradient,
                                   make_gauge(setting.gauge, "[control] gauge", 1));
    if (!state.empty()) controller.restore(state);
    Stopwatch watch([&] { return communicator.now(); }, [] { return 0.0; });
    NodeMatrix g(x.count(), kDim);
    std::vector<double> norm2(static_cast<std::size_t>(x.count()));
    std::vector<Communicated> steps;
    std::vector<std::vector<double>> distances;
    for (std::int64_t step = setting.first_step; step < setting.first_step + setting.steps; ++step) {
      const Rows move = random_rows(layout.nodes, kDim, 100 + static_cast<std::uint64_t>(step));
      copy_in(move, layout, g);
      for (int k = 0; k < x.count(); ++k) {
        norm2[static_cast<std::size_t>(k)] = dot(g.row(k), g.row(k));
        for (std::size_t c = 0; c < kDim; ++c) x.row(k)[c] += g.row(k)[c];
      }
      steps.push_back(controller.communicate(x, g, norm2, {.step = step, .phase_step = step, .lr = setting.lr, .lr_max = 0.5}, watch));
      distances.emplace_back(controller.squared_distances().begin(), controller.squared_distances().end());
    }
    if (layout.rank == layout.ranks - 1) out.steps = steps, out.squared_distances = distances;
    if (layout.rank == 0) out.state = controller.state();
  });
  return out;
}

double distance_of(const Rows& rows) {
  double sum = 0;
  for (std::size_t c = 0; c < rows[0].size(); ++c) {
    double mean = 0;
    for (const auto& row : rows) mean += row[c];
    mean /= static_cast<double>(rows.size());
    for (const auto& row : rows) sum += (row[c] - mean) * (row[c] - mean);
  }
  return std::sqrt(sum / static_cast<double>(rows.size()));
}

const Rows kStart = random_rows(7, kDim, 1);
// Ξ as the definition gives it differs from the controller's by rounding in double: 40 x 7 terms of relative error below 20 u.
const auto same_distance = [](double value) { return Approx(value).epsilon(300 * 20 * 0x1p-53); };

}  // namespace

TEST_CASE("every policy gives the same bits, decisions and records on any number of ranks and threads") {
  for (const std::string policy : {"rounds(2)", "exact", "exact-every(2)", "target(0.5)", "fraction(0.5)", "fraction-of-start(0.5, steps = 2)", "adaptive(0.1)", "critical(L = 2)",
                                   "critical(factor = 0.5, L = 3)", "dsgd-ac(after = 0)"}) {
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
          phases.push_back({schedule, make_policy(policy, "[control] policy", {.max_rounds = 50})});
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

TEST_CASE("measurements for the record are taken every measure_every steps, NaN between, and change nothing else") {
  const Outcome often = controlled(kStart, {.policy = "rounds(1)", .measure_every = 1, .steps = 5}, {2, 1});
  const Outcome rarely = controlled(kStart, {.policy = "rounds(1)", .measure_every = 2, .steps = 5}, {2, 1});
  const Outcome never = controlled(kStart, {.policy = "rounds(1)", .measure_every = 0, .steps = 5}, {2, 1});
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

TEST_CASE("a model that is no longer finite ends the run with an error that names the step") {
  Rows rows = kStart;
  rows[3][5] = NAN;
  for (const std::string policy : {"rounds(1)", "target(0.5)"})
    CHECK_THROWS_WITH(controlled(rows, {.policy = policy, .first_step = 41}, {2, 1}), Contains("step 41") && Contains("not finite"));
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

TEST_CASE("a sketch notices a model that is no longer finite") {
  Rows rows = kStart;
  rows[3][5] = INFINITY;
  CHECK_THROWS_WITH(controlled(rows, {.first_step = 41, .gauge = "sketch(8)"}, {2, 1}), Contains("step 41") && Contains("not finite"));
}
