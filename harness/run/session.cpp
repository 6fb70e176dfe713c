#include "harness/run/session.hpp"

#include "harness/comm/collective.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <csignal>

namespace xib {
namespace {

std::atomic<int> g_signal = 0;  // global, because a signal handler can report in no other way

extern "C" void on_stop_signal(int number) { g_signal = number; }

constexpr double kSyncSeconds = 0.5;  // or the time between checkpoints, when that is less

}  // namespace

void install_stop_signals() {
  struct sigaction action {};
  action.sa_handler = on_stop_signal;
  action.sa_flags = SA_RESTART;
  for (const int number : {SIGTERM, SIGINT, SIGUSR1}) sigaction(number, &action, nullptr);
  struct sigaction inherited {};  // from nohup: the terminal may go, the run stays
  if (sigaction(SIGHUP, nullptr, &inherited) == 0 && inherited.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);
  // Errors of write(2), with a reason, not the end: a file beyond ulimit -f, a pipe that nobody reads.
  for (const int number : {SIGXFSZ, SIGPIPE}) std::signal(number, SIG_IGN);
}

int stop_signal() { return g_signal; }

Session::Session(const Course& course, Recorder& recorder, std::int64_t first_step, double checkpoint_seconds, Hooks hooks, std::int64_t pause)
    : run_(course),
      recorder_(recorder),
      first_step_(first_step),
      pause_(pause),
      next_sync_(first_step),
      last_sync_(first_step - 1),
      checkpoint_seconds_(checkpoint_seconds),
      begun_(course.communicator.now()),
      synced_(begun_),
      last_checkpoint_(begun_),
      next_progress_(begun_),
      hooks_(std::move(hooks)) {
  run_.working_on = first_step;
}

bool Session::goes_on(std::int64_t step) {
  run_.working_on = step + 1;
  const bool evaluated = run_.timeline.evaluation_due(step), pauses = step + 1 == pause_;
  if (!pauses && step < next_sync_ && !evaluated) return true;

  const std::int64_t bad = recorder_.gather();
  // Divergence ends the run at an evaluation, not at a sync point between them, whose time depends on the machine.
  if (evaluated && bad >= 0) throw Diverged(fmt::format("step {}: the training loss is not finite: the run has diverged", bad));
  if (pauses) return false;
  if (step + 1 == run_.timeline.steps()) {  // no mini-batch comes after the last update: its loss is that of the evaluation
    const bool is_told = evaluated && run_.task.evaluation_batches(Split::test) > 0;  // a task may have nothing to evaluate on
    if (is_told && !std::isfinite(recorder_.record().evaluations.back().test_loss_mean_model))
      throw Diverged(fmt::format("step {}: the test loss at the end is not finite: the run has diverged", step));
    return true;
  }

  const std::vector<double> signals = of_all_ranks(run_.communicator, stop_signal());
  const bool stopping = std::any_of(signals.begin(), signals.end(), [](double s) { return s != 0; });
  const Orders orders = from_rank_0<Orders>(run_.communicator, [&] { return sync(step, stopping); });
  next_sync_ = orders.next_sync;
  if (orders.lost) throw Error(Fault::work, "another process has taken over this run; this process stops", true);
  if (orders.checkpoint) {
    if (hooks_.checkpoint) hooks_.checkpoint(step + 1, orders.stop);
    last_checkpoint_ = run_.communicator.now();
  }
  return !orders.stop;
}

Session::Orders Session::sync(std::int64_t step, bool stopping) {
  const double now = run_.communicator.now(), lately = std::max(now - synced_, 1e-9) / static_cast<double>(step - last_sync_);
  const double per_step = (now - begun_) / static_cast<double>(step + 1 - first_step_);
  // Steps until the next sync point: as many as lately took this time, but at most twice as many as last time, because steps may become slower, and no more
  // than there is memory for their rows.
  const double most = static_cast<double>(recorder_.most_steps_at_once());
  const auto pause = static_cast<std::int64_t>(std::min(std::min(kSyncSeconds, checkpoint_seconds_) / lately, most));
  Orders orders{.next_sync = step + std::clamp<std::int64_t>(pause, 1, 2 * (step - last_sync_)), .stop = stopping};
  orders.checkpoint = stopping || now - last_checkpoint_ >= checkpoint_seconds_;
  last_sync_ = step;
  synced_ = now;
  if (!hooks_.progress || now < next_progress_) return orders;
  next_progress_ = now + kSyncSeconds / 2;
  const auto& last = recorder_.record().steps.back();
  const Progress progress{step + 1,
                          run_.timeline.steps(),
                          last.train_loss,
                          last.consensus_distance,
                          static_cast<double>(last.samples) / per_step,
                          per_step * static_cast<double>(run_.timeline.steps() - step - 1)};
  orders.lost = !hooks_.progress(progress);
  return orders;
}

}  // namespace xib
