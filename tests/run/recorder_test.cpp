#include <catch2/catch.hpp>

#include "harness/comm/thread_world.hpp"
#include "harness/run/recorder.hpp"
#include "harness/run/run.hpp"
#include "harness/run/vocabulary.hpp"
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
