#include "harness/gap/cost_table.hpp"

#include <catch2/catch.hpp>

using namespace xib;

namespace {

// A step of a run takes 1 s of computing and one message of latency 2 s; a decision, where there is one, one more.
RunCost run_of(std::vector<double> scores, bool decides = false) {
  RunCost run{.nodes = 4, .compute_s = 1, .machine = "a machine", .end = {}, .evaluations = {}};
  for (std::size_t k = 0; k < scores.size(); ++k) {
    run.end = {.steps = static_cast<std::int64_t>(10 * (k + 1)), .score = scores[k], .mixing = {}, .decision = {}, .bytes = 100.0 * (k + 1)};
    run.end.mixing.serial_messages = 10.0 * (k + 1);
    if (decides) run.end.decision.serial_messages = 10.0 * (k + 1);
    run.evaluations.push_back(run.end);
  }
  return run;
}

FinishedRun finished(const std::string& variant, std::int64_t seed) {
  FinishedRun run;
  run.id = variant + std::to_string(seed), run.variant = variant, run.seed = seed;
  return run;
}

Sweep sweep_of(double delta, std::vector<std::string> variants) {
  Sweep sweep;
  sweep.name = "s", sweep.delta = delta, sweep.baseline = "base", sweep.variants = std::move(variants);
  return sweep;
}

const Interconnect kNetwork{.latency_s = 2, .bandwidth = 1};

}  // namespace

TEST_CASE("the clock stops at the first evaluation that reaches what the baseline ends with, less the margin") {
  const Sweep sweep = sweep_of(1, {"base", "arm", "slow"});
  const std::vector<FinishedRun> runs{finished("base", 1), finished("base", 2), finished("arm", 1),
                                      finished("arm", 2),  finished("slow", 1), finished("slow", 2)};
  const std::map<std::string, RunCost> costs{{"base1", run_of({70, 91, 90})},      {"base2", run_of({70, 80, 88})},         // mean 89, target 88
                                             {"arm1", run_of({88, 50, 60}, true)}, {"arm2", run_of({10, 88.5, 90}, true)},  // in steps 10 and 20
                                             {"slow1", run_of({0, 0, 99})},        {"slow2", run_of({0, 0, 87.9})}};
  const CostTable table = cost_table(gap_table(runs, sweep), costs, {.network = kNetwork, .metric = top1_accuracy()});
  REQUIRE(table.groups.size() == 1);
  const CostGroup& group = table.groups.front();
  CHECK(group.target == 88);
  const CostRow &base = group.rows.at(0), &arm = group.rows.at(1), &slow = group.rows.at(2);
  CHECK(base.target_steps.mean == 25);
  CHECK(base.target_s.mean == 25 * 3);
  CHECK(base.step_s.mean == 3);
  CHECK(base.network_s.mean == 30 * 2);
  CHECK(arm.target_s.mean == (10 + 20) / 2 * 5);
  CHECK(arm.decision_s.mean == 2);
  CHECK(arm.target_bytes.mean == 150);
  CHECK(slow.reached == 1);
  CHECK(std::isnan(slow.target_s.mean));  // a mean over those that reach it would be that of the lucky seeds
  CHECK(group.fastest() == &base);
  CHECK(table.machines == std::vector<std::string>{"a machine"});
}

TEST_CASE("a loss is reached from above, and computing that is given stands in for what was measured") {
  const Sweep sweep = sweep_of(0.5, {"base"});
  const std::map<std::string, RunCost> costs{{"base1", run_of({3, 2.5, 2})}};
  CostQuestion question{.network = kNetwork, .compute_s = 4, .metric = mean_loss()};
  FinishedRun run = finished("base", 1);
  run.metric = mean_loss();
  const CostTable table = cost_table(gap_table({run}, sweep), costs, question);
  CHECK(table.groups.front().target == 2.5);
  CHECK(table.groups.front().rows.front().target_s.mean == 20 * (4 + 2));
  question.target = 1;
  CHECK(cost_table(gap_table({run}, sweep), costs, question).groups.front().fastest() == nullptr);
}

TEST_CASE("without a margin there is no target") {
  const Sweep sweep = sweep_of(0, {"base"});
  const std::map<std::string, RunCost> costs{{"base1", run_of({3})}};
  const CostTable table = cost_table(gap_table({finished("base", 1)}, sweep), costs, {.network = kNetwork, .metric = top1_accuracy()});
  CHECK(std::isnan(table.groups.front().target));
  CHECK(table.groups.front().rows.front().reached == 0);
}
