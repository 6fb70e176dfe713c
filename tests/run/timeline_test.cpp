#include <catch2/catch.hpp>

#include "harness/run/timeline.hpp"
#include "harness/run/vocabulary.hpp"
#include "tests/sweep/sweep_file.hpp"

using namespace xib;

namespace {

// 3 steps per epoch: `settings` are lines of the sweep file.
Timeline timeline(const std::string& settings) {
  const std::string sweep = "name = 't'\ndata.dataset = 'quadratic(dim = 3, steps = 3)'\nmodel.name = 'none'\ntrain.batch_size = 1\n" + settings + "\n";
  return {plan_of(sweep, {}, vocabulary()).runs.at(0).config, 3};
}

std::vector<std::int64_t> evaluated(const Timeline& timeline) {
  std::vector<std::int64_t> steps;
  for (std::int64_t step = 0; step < timeline.steps(); ++step)
    if (timeline.evaluation_due(step)) steps.push_back(step);
  return steps;
}

}  // namespace

TEST_CASE("phases begin where the learning rate drops, and share the steps of the run among them") {
  const Timeline t = timeline("train.epochs = 4\ntrain.schedule = 'steps(1, 3)'\ntrain.lr = 1.0");
  REQUIRE((t.steps() == 12 && t.phases() == 3));
  for (int phase = 1; phase <= 3; ++phase) {
    CHECK(t.begin_of(phase) == std::vector{0, 3, 9}[static_cast<std::size_t>(phase - 1)]);
    CHECK(t.steps_of(phase) == std::vector{3, 6, 3}[static_cast<std::size_t>(phase - 1)]);
    CHECK((t.phase_of(t.begin_of(phase)) == phase && t.phase_of(t.end_of(phase) - 1) == phase));
    CHECK((t.phase_ends(t.end_of(phase) - 1) && !t.phase_ends(t.begin_of(phase))));
  }
  const Position at = t.position(4);
  CHECK((at.step == 4 && at.phase == 2 && at.phase_step == 1 && at.epoch == 4.0 / 3 && at.lr == 0.1 && at.lr_max == 1.0));
}

TEST_CASE("models are evaluated as often as asked, and at every end of a phase") {
  const std::string phases = "train.epochs = 4\ntrain.phases = [1]\n";
  CHECK(evaluated(timeline(phases + "evaluation.every = 'phase-ends'")) == std::vector<std::int64_t>{2, 11});
  CHECK(evaluated(timeline(phases + "evaluation.every = '2 epochs'")) == std::vector<std::int64_t>{2, 5, 11});
  CHECK(evaluated(timeline(phases + "evaluation.every = '5 steps'")) == std::vector<std::int64_t>{2, 4, 9, 11});
}

TEST_CASE("more steps or samples than can be counted are refused with the plan") {
  const auto refused = [](const std::vector<std::string>& sets) { return refusal("name = 't'\nmodel.name = 'none'\n", sets, vocabulary()); };

  CHECK(refused({"data.dataset=quadratic(steps = 8e15)"}) ==
        "--set: data.dataset: quadratic(steps = 8000000000000000): an epoch has at most 1000000000 steps; write fewer, and more train.epochs");
  CHECK(refused({"data.dataset=quadratic(steps = 1e9)", "train.epochs=1001"}) ==
        "--set: train.epochs: 1001 with 1000000000 steps each are 1001000000000 steps; a run has at most 1000000000000: train for fewer epochs");
  CHECK(refused({"data.dataset=quadratic(steps = 1e9)", "train.batch_size=100000000", "train.nodes=1000"}).find("--set: train.batch_size: 100000000 on 1000") ==
        0);
  CHECK(refused({"data.dataset=quadratic(steps = 1e9)", "train.epochs=1000", "evaluation.every=1000000000 epochs"}).empty());
}
