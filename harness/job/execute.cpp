#include "harness/job/execute.hpp"

#include "harness/comm/collective.hpp"
#include "harness/core/check.hpp"
#include "harness/core/notify.hpp"
#include "harness/job/claim.hpp"
#include "harness/job/job.hpp"
#include "harness/job/prepare.hpp"
#include "harness/job/publish.hpp"
#include "harness/job/run_reporter.hpp"
#include "harness/job/watchdog.hpp"
#include "harness/record/checkpoint_file.hpp"
#include "harness/run/checkpoint.hpp"
#include "harness/run/train.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <functional>
#include <string>
#include <thread>

namespace xib {
namespace {

// From a watchdog's thread. The other ranks get a moment (more than a watchdog's pause) to say for whom they wait; then all end, whatever hangs.
void end_stalled(Communicator& communicator, const std::string& report, const std::function<void(const std::string&)>& note_failure) {
  std::signal(SIGALRM, SIG_DFL);
  alarm(20);  // a file system or an MPI that hangs must not keep this process
  notify("xibench: {}\n", report);
  std::this_thread::sleep_for(std::chrono::milliseconds(100) * std::min(communicator.rank(), 10));  // the lowest rank that can notes it
  note_failure(report);
  std::this_thread::sleep_for(std::chrono::seconds(2));
  communicator.abort(static_cast<int>(Fault::work));
}

// Collective. The first heartbeat; what earlier attempts left is out of the way.
void begin_attempt(const Job& job, RunReporter& reporter) {
  from_rank_0<int>(job.communicator, [&] {
    reporter.say(Standing::running);
    if (!job.execution.resume) remove_checkpoint(job.files.checkpoint);
    remove_unfinished_files(job.files);
    return 0;
  });
}

// Collective. Trains until the run ends or has to stop, with heartbeats and checkpoints. Finished, diverged or interrupted.
Standing train_to_end(const Job& job, const Claim& claim, Prepared& ready, RunReporter& reporter) {
  Recorder& recorder = *ready.recorder;
  from_rank_0<int>(job.communicator, [&] {
    reporter.begins(ready.first_step, ready.run->timeline.steps());
    return 0;
  });
  std::int64_t steps_done = ready.first_step;
  const auto checkpoint = [&](std::int64_t done, bool stopping) {
    from_rank_0<int>(job.communicator, [&] {
      claim.incarnation.still_ours();
      recorder.record().attempts.back().last_step = done - 1;
      recorder.record().steps.back().flags |= flag_checkpoint;
      if (stopping) close_attempt(recorder.record(), Standing::interrupted, done);
      return 0;
    });
    steps_done = done;
    save_checkpoint(job.files.checkpoint, ready.run->checkpointed(), recorder, done, claim.incarnation);
  };
  const auto progress = [&](const Session::Progress& p) {
    const bool ours = claim.lease->still_ours();
    if (ours) reporter.progress(p);
    return ours;
  };
  Session session(ready.run->course(), recorder, ready.first_step, job.execution.checkpoint_seconds, {.checkpoint = checkpoint, .progress = progress});
  Standing standing;
  try {
    standing = train(*ready.run, recorder, session);
  } catch (const Diverged& error) {
    if (job.first()) notify("xibench: run {}: {}\n", job.planned.id, error.what());
    standing = Standing::diverged;
  }
  if (standing == Standing::interrupted)
    from_rank_0<int>(job.communicator, [&] {
      reporter.say(Standing::interrupted);
      job.progress.end(fmt::format("interrupted after step {}, with a checkpoint", steps_done));
      return 0;
    });
  else
    recorder.gather();
  return standing;
}

}  // namespace

Outcome execute(const Plan& plan, const PlannedRun& planned, Communicator& communicator, const Execution& execution, ProgressLine& progress) {
  const Job job{plan, planned, communicator, execution, progress, run_files(execution.out, plan.sweep.name, planned.id)};
  const Claim mine = claim(job);
  if (mine.outcome) return *mine.outcome;

  const auto note_failure = [&](const std::string& why) { mark_failed(job.files.heartbeat, why, mine.incarnation); };
  RunReporter reporter(planned, job.files.heartbeat, mine.incarnation, progress, std::int64_t{1} * communicator.size() * execution.machine.threads,
                       {.nvml = planned.config.train.device == "cpu" ? "" : kNvml});
  try {
    begin_attempt(job, reporter);
    Prepared ready;  // before the watchdog, which looks at its threads
    Watchdog watchdog(communicator, execution.stall_seconds, [&](const std::string& report) { end_stalled(communicator, report, note_failure); });
    ready = prepare(job, mine.incarnation);
    watchdog.follow(ready.run->pool, ready.run->working_on);
    const Standing standing = train_to_end(job, mine, ready, reporter);
    if (has_result(standing)) publish(job, ready, standing, reporter, mine.incarnation);
    return {standing};
  } catch (const std::exception& error) {
    const auto* known = dynamic_cast<const Error*>(&error);
    if (job.first() || !(known && known->on_all_ranks())) note_failure(error.what());
    if (job.first()) progress.end("failed");
    throw;
  }
}

}  // namespace xib
