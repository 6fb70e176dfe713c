#include "reference/dsgd_ac.hpp"
#include "tests/equivalence/pull.hpp"
#include "tests/equivalence/twins.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <tuple>

// Harness and twin to the last bit.
using namespace xib;
using namespace xib::equivalence;

namespace {

std::vector<std::pair<std::string, Places>> every_method() {
  std::vector<std::pair<std::string, Places>> all;
  for (const char* method : {"", "gram", "loop", "auto"})
    for (const Places places : kPlaces) all.emplace_back(method, places);
  return all;
}

}  // namespace

TEST_CASE("every algorithm has the bits of its twin, in phases of gossip and exact averaging, while the rate changes") {
  // A warm-up from 1/4: the second step has another rate than the first.
  const auto rate = [](std::int64_t step) { return step == 0 ? 0.25 : 0.5; };
  for (const AlgorithmInfo& algorithm : algorithms()) {
    const Twin& row = twin_of(algorithm);
    for (const auto& [momentum, nesterov] : {std::pair(0.0, false), {0.5, false}, {0.5, true}}) {
      if (row.momentum_only && momentum == 0) continue;
      CAPTURE(algorithm.name, momentum, nesterov);
      RunConfig c = config_of(std::string(algorithm.name), 4, {"rounds(1)", "exact", "rounds(2)"});
      c.train.momentum = momentum;
      c.train.nesterov = nesterov;
      c.train.weight_decay = nesterov ? 0 : 0.25;
      c.train.phases = {2, 3};
      c.train.warmup_epochs = 1;
      c.train.warmup_lr = 0.25;
      const auto twin = row.run(twin_problem(), {{2, reference::rounds(1), kRing}, {1, reference::exact(), kRing}, {1, reference::rounds(2), kRing}},
                                {.momentum = momentum, .nesterov = nesterov, .weight_decay = c.train.weight_decay}, rate);
      CHECK((twin.back().distance_after > 0.5) == algorithm.uses_policy);  // the nodes disagree: mixing matters

      for (const Places places : kPlaces) check_same(harness(places, c, 1, kRing), twin);
    }
  }
}

TEST_CASE("every twin is of an algorithm") {
  for (const Twin& twin : kTwins) CHECK(algorithm_info(twin.algorithm).name == twin.algorithm);
  CHECK(kTwins.size() == algorithms().size());
}

TEST_CASE("combining before adapting records the distances around the mixing at a step's beginning") {
  const auto twin = reference::dsgd_cta(twin_problem(), {{2, reference::rounds(1), kRing}}, {}, kHalf);
  CHECK(twin[0].distance_before == 0);
  CHECK(twin[1].distance_before > 1);
  check_same(harness({1, 1}, config_of("dsgd-cta", 1, {"rounds(1)"}), 2, kRing), twin);
}

TEST_CASE("D-SGD has the bits of its twin") {
  const auto twin = reference::dsgd(twin_problem(), {{4, reference::rounds(1), kRing}}, {}, kHalf);
  CHECK(twin.back().distance_after > 1);  // the nodes disagree: mixing matters

  for (const Places places : kPlaces) check_same(harness(places, config_of("dsgd", 1, {"rounds(1)"}), 4, kRing), twin);
}

TEST_CASE("several rounds, a directed graph and matrices in turn have the bits of the twin") {
  const MixingSchedule turns = test::alternating(kNodes);
  const auto twin = reference::dsgd(twin_problem(), {{3, reference::rounds(2), turns}}, {}, kHalf);

  for (const Places places : kPlaces) check_same(harness(places, config_of("dsgd", 1, {"rounds(2)"}), 3, turns), twin);
}

TEST_CASE("phases change the policy where they begin, and rounds are counted anew") {
  const MixingSchedule turns = test::alternating(kNodes);
  const auto twin =
      reference::dsgd(twin_problem(), {{1, reference::rounds(1), turns}, {1, reference::exact(), turns}, {2, reference::rounds(1), turns}}, {}, kHalf);
  CHECK(twin[1].distance_after == 0);

  // Epochs of one step: phases begin with steps 1 and 2, and the last one lasts two.
  RunConfig c = config_of("dsgd", 4, {"rounds(1)", "exact", "rounds(1)"});
  for (const Places places : kPlaces) check_same(harness(places, c, 1, turns), twin);
}

TEST_CASE("control to a target mixes the rounds of the paper's loop, no round included") {
  for (const auto& [target, least, most, rounds, reached] : {std::tuple(30.0, 0, 2, 1, true),
                                                             {100.0, 0, 2, 0, true},
                                                             {6.0, 0, 2, 2, false},
                                                             {100.0, 1, 2, 1, true},
                                                             {30.0, 1, 2, 1, true},
                                                             {6.0, 1, 2, 2, false},
                                                             {100.0, 3, 3, 3, true},
                                                             {6.0, 3, 3, 3, false}}) {
    const auto twin = reference::dsgd(twin_problem(), {{2, reference::target(target, {least, most}), kRing}}, {}, kHalf);
    CAPTURE(target, least, twin[0].distance_before, twin[0].distance_after);
    CHECK(twin[0].rounds == rounds);
    CHECK(twin[0].reached == reached);

    RunConfig c = config_of("dsgd", 1, {fmt::format("target({})", target)});
    for (const auto& [method, places] : every_method()) {
      c.control.method = method;
      const auto traced = traced_run(places, [&](Communicator& communicator, const Machine& machine) {
        std::vector<PhaseControl> phases;
        phases.push_back({kRing, make_policy(c.control.policy[0], "policy", {.min_rounds = least, .max_rounds = most})});
        const NodeLayout layout{kNodes, communicator.size(), communicator.rank()};
        return std::make_unique<Run>(c, communicator, machine, std::make_unique<Pull>(layout, 2), std::move(phases));
      });
      check_same(traced, twin);
    }
  }
}

TEST_CASE("DSGD-AC mixes by the share that the learning rate has of its peak, with the bits of the twin") {
  // A warm-up from 1/2 to 1 over two epochs of one step: rates and shares 1/2 and 3/4.
  RunConfig c = config_of("dsgd", 2, {"dsgd-ac(after = 0, power = 1)"});
  c.train.lr = 1;
  c.train.warmup_lr = 0.5;
  c.train.warmup_epochs = 2;
  const auto rate = [](std::int64_t step) { return 0.5 + static_cast<double>(step) / 4; };
  const auto twin = reference::dsgd_ac(twin_problem(), kRing, 1, 2, {.lr_max = 1, .first_step = 0, .power = 1}, {}, rate);

  for (const Places places : kPlaces) {
    const auto traced = harness(places, c, 1, kRing);
    check_same(traced, twin);
    for (std::size_t t = 0; t < 2; ++t) CHECK(traced.record.steps[t].mixing_strength == rate(static_cast<std::int64_t>(t)));
  }
}

TEST_CASE("quasi-global momentum has the bits of its twin, in phases of gossip and exact averaging") {
  // A warm-up from 0: the first step divides by no rate.
  for (const bool nesterov : {false, true}) {
    RunConfig c = config_of("qg-dsgdm", 4, {"rounds(1)", "exact", "rounds(2)"});
    c.train.momentum = 0.5;
    c.train.nesterov = nesterov;
    c.train.weight_decay = nesterov ? 0 : 0.25;
    c.train.phases = {2, 3};
    c.train.warmup_epochs = 1;
    const auto rate = [](std::int64_t step) { return step == 0 ? 0.0 : 0.5; };
    const auto twin = reference::qg_dsgdm(twin_problem(), {{2, reference::rounds(1), kRing}, {1, reference::exact(), kRing}, {1, reference::rounds(2), kRing}},
                                          {.momentum = 0.5, .nesterov = nesterov, .weight_decay = c.train.weight_decay}, rate);
    CHECK(twin.back().distance_after > 0.5);

    for (const Places places : kPlaces) check_same(harness(places, c, 1, kRing), twin);
  }
}

TEST_CASE("stochastic gradient push on a directed graph whose W is doubly stochastic is D-SGD to the last bit") {
  const MixingSchedule one_way = test::fixed(test::circulant(kNodes, {1}, 0.5));
  RunConfig c = config_of("sgp", 3, {"exact", "rounds(1)", "rounds(2)"});
  c.train.momentum = 0.5;
  const auto twin = reference::dsgd(twin_problem(), {{1, reference::exact(), one_way}, {1, reference::rounds(1), one_way}, {1, reference::rounds(2), one_way}},
                                    {.momentum = 0.5}, kHalf);
  CHECK(twin.back().distance_after > 0.5);

  for (const Places places : kPlaces) check_same(harness(places, c, 1, one_way), twin);
}

TEST_CASE("gradient tracking has the bits of its twin, on matrices in turn and under exact averaging, and sends everything twice") {
  const MixingSchedule turns = test::alternating(kNodes);
  for (const auto& [momentum, nesterov] : {std::pair(0.0, false), {0.5, false}, {0.5, true}}) {
    RunConfig c = config_of("gradient-tracking", 4, {"rounds(1)", "exact", "rounds(2)"});
    c.train.momentum = momentum;
    c.train.nesterov = nesterov;
    c.train.weight_decay = momentum == 0 ? 0.25 : 0;
    c.train.phases = {2, 3};
    const auto twin =
        reference::gradient_tracking(twin_problem(), {{2, reference::rounds(1), turns}, {1, reference::exact(), turns}, {1, reference::rounds(2), turns}},
                                     {.momentum = momentum, .nesterov = nesterov, .weight_decay = c.train.weight_decay}, kHalf);
    CHECK(twin.back().distance_after > 0.5);
    RunConfig once = c;
    once.train.algorithm = "dsgd";
    const auto dsgd = harness({1, 1}, once, 1, turns);

    for (const Places places : kPlaces) {
      const auto traced = harness(places, c, 1, turns);
      check_same(traced, twin);
      for (std::size_t t = 0; t < 4; ++t) CHECK(traced.record.steps[t].bytes_sent == 2 * dsgd.record.steps[t].bytes_sent);
    }
  }
}

TEST_CASE("the displacement is recorded as the twin's, of the first round and not weakened, and the strength where rounds were mixed") {
  const reference::Matrix w = reference::dense(kRing.at(0));
  RunConfig c = config_of("dsgd", 4, {"rounds(2)", "dsgd-ac(after = 0, power = 1)", "rounds(0)", "exact"});
  c.control.gauge = "displacement";
  const auto twin = reference::dsgd(
      twin_problem(), {{1, reference::rounds(2), kRing}, {1, reference::rounds(1), kRing}, {1, reference::rounds(0), kRing}, {1, reference::exact(), kRing}},
      {}, kHalf);
  for (const Places places : kPlaces) {
    const auto traced = harness(places, c, 1, kRing);
    CHECK(largest_difference(traced.after, twin) == 0);
    const auto& steps = traced.record.steps;
    REQUIRE(steps.size() == 4);
    for (const std::size_t t : {0, 1}) {
      CHECK(twin[t].distance_before > 1);
      CHECK(steps[t].displacement == reference::local_displacement(w, twin[t].before));
      CHECK(steps[t].mixing_strength == 1);  // the rate is the peak
    }
    for (const std::size_t t : {2, 3}) {
      CHECK(std::isnan(steps[t].displacement));
      CHECK(std::isnan(steps[t].mixing_strength));
    }
    for (const auto& step : steps) CHECK(std::isnan(step.consensus_distance_before));
  }
}
