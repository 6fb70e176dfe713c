#include <catch2/catch.hpp>

#include "harness/comm/thread_world.hpp"
#include "harness/run/recorder.hpp"
#include "harness/run/run.hpp"
#include "harness/run/vocabulary.hpp"
#include "tests/record/scratch.hpp"
#include "tests/sweep/sweep_file.hpp"

using namespace xib;

TEST_CASE("a step's time and its parts hold what follows it, and the time of training does not") {
  const RunConfig config =
      plan_of("name = 't'\ndata.dataset = 'quadratic(dim = 3, steps = 4)'\nmodel.name = 'none'\ntrain.batch_size = 1\ntrain.nodes = 2\n", {}, vocabulary())
          .runs.at(0)
          .config;
  run_thread_ranks(1, [&](Communicator& communicator) {
    const auto run = make_run(config, communicator, {}, {});
    Recorder recorder(communicator, run->layout, 0, {}, 0);
    double clock = 0, waited = 0;
    Stopwatch watch([&] { return clock; }, [&] { return waited; });
    const auto step_of_eight_seconds = [&](std::int64_t step) {
      watch.restart();
      StepContext context = run->context(step, watch);
      clock += 8;
      watch.lap(Part::compute);
      recorder.step(context);
    };

    step_of_eight_seconds(0);
    clock += 32;  // an evaluation, for a part of which other ranks are waited for
    waited += 16;
    recorder.evaluation({});
    recorder.gather();
    recorder.close_step(watch);
    step_of_eight_seconds(1);
    recorder.evaluation({});
    recorder.close_step(watch);
    recorder.gather();

    const auto& steps = recorder.record().steps;
    CHECK((steps.at(0).wall_s == 40 && steps[0].compute_s == 8 && steps[0].record_s == 32 && steps[0].wait_s == 0));
    CHECK((steps.at(1).wall_s == 8 && steps[1].compute_s == 8 && steps[1].record_s == 0));
    CHECK(recorder.record().evaluations.at(0).train_seconds == 8);
    CHECK(recorder.record().evaluations.at(1).train_seconds == 16);

    Recorder resumed(communicator, run->layout, 0, recorder.record(), 1);
    resumed.evaluation({});
    CHECK(resumed.record().evaluations.back().train_seconds == 16);
  });
}

TEST_CASE("where there is a row log, memory holds no more rows than fit, and the log and memory together hold all") {
  const RunConfig config =
      plan_of("name = 't'\ndata.dataset = 'quadratic(dim = 3, steps = 4)'\nmodel.name = 'none'\ntrain.batch_size = 1\ntrain.nodes = 2\n", {}, vocabulary())
          .runs.at(0)
          .config;
  const Scratch folder;
  run_thread_ranks(1, [&](Communicator& communicator) {
    const auto run = make_run(config, communicator, {}, {});
    RunRecord empty;
    empty.nodes = 2;
    Recorder with_log(communicator, run->layout, 0, empty, 0, std::make_unique<RowLog>(folder / "a.checkpoint")),
        without(communicator, run->layout, 0, empty, 0);
    double clock = 0;
    Stopwatch watch([&] { return clock; }, [] { return 0.0; });
    const std::int64_t most = with_log.most_steps_at_once(), steps = 5 * most / 2;
    CHECK(most > 1000);
    std::size_t in_memory = 0;
    for (std::int64_t step = 0; step < steps; ++step) {
      watch.restart();
      StepContext context = run->context(step % 4, watch);
      clock += 1 + static_cast<double>(step % 7);
      watch.lap(Part::compute);
      for (Recorder* recorder : {&with_log, &without}) {
        recorder->step(context);
        if (step % (most / 3) == 0) {
          recorder->evaluation({});
          recorder->gather();
        }
        recorder->close_step(watch);
      }
      in_memory = std::max(in_memory, with_log.record().steps.size());
    }
    for (Recorder* recorder : {&with_log, &without}) recorder->gather();
    CHECK(in_memory <= static_cast<std::size_t>(2 * most));

    const std::vector<RowPart> parts = with_log.save_rows();
    CHECK(with_log.record().steps.size() == 1);  // the last, whose time may go on
    CHECK(with_log.record().node_train_loss.size() == 2);
    CHECK(with_log.totals().steps == steps);
    CHECK(with_log.totals().wall_s == without.totals().wall_s);
    CHECK(with_log.totals().throughput() == without.totals().throughput());
    std::int64_t next = 0;
    with_log.log()->each([&](Rows& rows) {
      for (const StepRow& row : rows.steps) CHECK((row.t_ns >= 0 && row.wall_s == without.record().steps[static_cast<std::size_t>(next++)].wall_s));
    });
    CHECK(next == steps - 1);

    std::vector<EvaluationRow> evaluations;
    auto log = std::make_unique<RowLog>(folder / "a.checkpoint", parts, evaluations);
    CHECK(evaluations.size() == without.record().evaluations.size());
    RunRecord tail = with_log.record();
    Recorder resumed(communicator, run->layout, 0, tail, 1, std::move(log)), again(communicator, run->layout, 0, without.record(), 1);
    for (Recorder* recorder : {&resumed, &again}) recorder->evaluation({});
    CHECK(resumed.record().evaluations.back().train_seconds == again.record().evaluations.back().train_seconds);
    CHECK(resumed.saved_evaluations() + 1 == resumed.record().evaluations.size());
  });
}
