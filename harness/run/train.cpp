#include "harness/run/train.hpp"

namespace xib {

// Every step: gradients on every node, the local update and the communication, in the order that the algorithm defines. Then what
// happened is recorded and, where due, the models are evaluated.
Standing train(Run& run, Recorder& recorder, Session& session) {
  const auto now = [&] {
    if (run.device) run.device->settle();  // what a part asked of the device belongs to it
    return run.communicator.now();
  };
  Stopwatch watch(now, [&] { return run.communicator.traffic().wait_s; });
  for (std::int64_t step = session.first_step(); step < run.timeline.steps(); ++step) {
    watch.restart();
    StepContext context = run.context(step, watch);
    run.algorithm->step(context);
    recorder.step(context);
    if (auto row = evaluate_if_due(run.evaluation_context(), step)) recorder.evaluation(std::move(*row));
    if (!session.goes_on(step)) return Standing::interrupted;
    recorder.close_step(watch);
  }
  return Standing::finished;
}

}  // namespace xib
