#include "harness/run/train.hpp"

namespace xib {

// In every step the algorithm computes gradients on every node, updates the models and communicates, in its own order. Then the step is recorded, and the
// models are evaluated if that is due.
Standing train(Run& run, Recorder& recorder, Session& session) {
  const auto now = [&] {
    if (run.device) run.device->settle();  // waits, so that work on the device counts to the part that started it
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
