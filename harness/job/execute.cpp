#include "harness/job/execute.hpp"

#include "harness/comm/collective.hpp"
#include "harness/core/check.hpp"
#include "harness/core/notify.hpp"
#include "harness/core/paths.hpp"
#include "harness/job/lease.hpp"
#include "harness/job/provenance.hpp"
#include "harness/job/run_reporter.hpp"
#include "harness/job/watchdog.hpp"
#include "harness/record/checkpoint_file.hpp"
#include "harness/record/run_file.hpp"
#include "harness/record/stragglers.hpp"
#include "harness/run/checkpoint.hpp"
#include "harness/run/run_record.hpp"
#include "harness/run/train.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

namespace xib {
namespace {

double reference_distance(const Plan& plan, const Execution& execution, const PlannedRun& planned, std::size_t phase) {
  const std::string& id = planned.config.control.reference_id[phase];
  const RunFiles files = run_files(execution.out, plan.sweep.name, id);
  if (!is_there(files.result)) {
    const std::string need = fmt::format("run {} needs the consensus distance of run {}", planned.id, id);
    const auto begun = read_heartbeat(files.heartbeat);
    if (!begun) refuse("{}, which is not complete ({}): run that one first (xibench run --all does, in order)", need, files.result);
    if (begun->state == Standing::failed) refuse("{}, which failed ({}): remove the cause and run that one again", need, begun->error);
    refuse("{}, which was begun and did not come to its end ({}): run that one again", need, files.result);
  }
  const RunRecord record = read_run_file(files.result);
  if (record.outcome != name_of(Standing::finished))
    fail("run {} needs the consensus distance of run {}, which {}: it has none that means anything", planned.id, id, record.outcome);
  const PhaseRow& row = record.phases.at(phase);
  const bool mean = planned.config.control.statistic == "mean";
  const double distance = mean ? row.consensus_distance_mean : row.consensus_distance_max;
  require(std::isfinite(distance) && distance > 0, "the reference run {} has no usable consensus distance in phase {}", files.result, phase + 1);
  return distance;
}

bool stopped_within(double seconds) {
  for (double slept = 0; slept < seconds && stop_signal() == 0; slept += 0.1) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  return stop_signal() != 0;
}

// Until every reference of this run that somebody else is doing is there, or nobody does it any more. False: told to stop meanwhile.
bool await_references(const Plan& plan, const Execution& execution, const PlannedRun& planned) {
  for (const std::string& id : planned.config.control.reference_id) {
    const RunFiles files = run_files(execution.out, plan.sweep.name, id);
    for (bool said = false; !id.empty() && !is_there(files.result); said = true) {
      const auto owner = Lease::held_by(files.lease);
      if (!owner) break;
      if (!said) notify("xibench: run {} waits for run {}, which is being done by {}\n", planned.id, id, owner->describe());
      if (stopped_within(5)) return false;
    }
  }
  return true;
}

// A process that has said its end may still be there for moments, with its lease: under mpirun, a rank outlives mpirun itself.
std::unique_ptr<Lease> take_lease(const RunFiles& files, Lease::Owner& holder) {
  constexpr int kTenths = 300;  // longer than a stalled run takes to end (end_stalled)
  auto lease = Lease::take(files.lease, holder);
  const auto is_ending = [&] {
    const auto beat = read_heartbeat(files.heartbeat);
    return beat && beat->state != Standing::running && beat->pid == holder.pid && beat->host == holder.host;
  };
  for (int tenth = 0; !lease && tenth < kTenths && is_ending() && !stopped_within(0.1); ++tenth) lease = Lease::take(files.lease, holder);
  return lease;
}

Attempt this_attempt(const Run& run, const Execution& execution, std::int64_t first_step) {
  return {.start = utc_now(),
          .end = {},
          .hosts = host_name(),
          .slurm_job = slurm_job(),
          .ended = attempt_end(Standing::killed),  // until it says better
          .ranks = run.layout.ranks,
          .threads = execution.machine.threads,
          .first_step = first_step,
          .last_step = first_step};
}

// How the task computes. Where a run goes on in another way than it began, both are kept: their bits differ.
void note_facts(RunRecord& record, const Run& run, std::int64_t first_step) {
  for (const auto& [name, value] : run.task->facts()) {
    const auto known = std::find_if(record.provenance.begin(), record.provenance.end(), [&](const auto& entry) { return entry.first == name; });
    if (known == record.provenance.end())
      record.provenance.emplace_back(name, value);
    else if (!known->second.ends_with(value))
      known->second += fmt::format("; from step {} on {}", first_step, value);
  }
}

struct Claim {
  std::optional<Outcome> ended = {};  // there is nothing to do, or not by this process
  std::array<char, 33> token{};       // of the lease
};

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

}  // namespace

Outcome execute(const Plan& plan, const PlannedRun& planned, Communicator& communicator, const Execution& execution, ProgressLine& progress) {
  const RunFiles files = run_files(execution.out, plan.sweep.name, planned.id);
  std::unique_ptr<Lease> lease;
  const Claim claim = from_rank_0<Claim>(communicator, [&]() -> Claim {
    std::error_code problem;
    std::filesystem::create_directories(files.directory, problem);
    if (problem) refuse("cannot create the output directory {}: {}: choose another with --out", files.directory, problem.message());
    if (const auto standing = clean_if_settled(files, planned.id)) return {outcome_before(*standing)};
    if (stop_signal() || !await_references(plan, execution, planned)) return {Outcome{Standing::interrupted}};
    Lease::Owner holder;
    lease = take_lease(files, holder);
    if (lease) {  // its former owner may have finished it in between
      if (const auto standing = clean_if_settled(files, planned.id)) return {outcome_before(*standing)};
      if (lease->still_ours()) set_aside_damaged_result(files, planned.id);
    }
    if (!lease)
      notify("xibench: run {} is being done by {}: left to it (if you know that it is gone, remove {})\n", planned.id, holder.describe(), files.lease);
    if (lease && !lease->taken_from().empty()) notify("xibench: run {} is taken over from {}\n", planned.id, lease->taken_from());
    if (!lease) return {Outcome{Standing::elsewhere}};
    Claim mine;
    lease->token().copy(mine.token.data(), mine.token.size() - 1);
    return mine;
  });
  if (claim.ended) return *claim.ended;

  const bool first = communicator.rank() == 0;
  const Incarnation incarnation{claim.token.data(), [&files, &planned, token = std::string(claim.token.data())] {
                                  if (!Lease::holds(files.lease, token))
                                    fail("another process has taken run {} over; this one stops and leaves it alone", planned.id);
                                }};
  const auto note_failure = [&](const std::string& why) { mark_failed(files.heartbeat, why, incarnation); };
  RunReporter reporter(planned, files.heartbeat, incarnation, progress, std::int64_t{1} * communicator.size() * execution.machine.threads,
                       {.nvml = planned.config.train.device == "cpu" ? "" : kNvml});
  try {
    from_rank_0<int>(communicator, [&] {
      reporter.say(Standing::running);
      if (!execution.resume) remove_checkpoint(files.checkpoint);
      remove_unfinished_files(files);
      return 0;
    });
    std::vector<double> references(planned.config.phase_count(), kNotMeasured);
    for (std::size_t k = 0; k < references.size(); ++k)
      if (!planned.config.control.reference_id[k].empty())
        references[k] = from_rank_0<double>(communicator, [&] { return reference_distance(plan, execution, planned, k); });
    std::unique_ptr<Run> run;
    Watchdog watchdog(communicator, execution.stall_seconds, [&](const std::string& report) { end_stalled(communicator, report, note_failure); });
    run = on_every_rank(communicator, [&] { return make_run(planned.config, communicator, execution.machine, references); });

    Resumed resumed;
    if (execution.resume) resumed = load_checkpoint(files.checkpoint, *run, planned.id, incarnation);
    RunRecord record;
    if (first) record = resumed.found ? std::move(resumed.record) : begin_record(plan, planned, *run);
    if (first && resumed.found)
      notify("xibench: run {} goes on after step {}{}{}\n", planned.id, resumed.steps_done, resumed.note.empty() ? "" : ": ", resumed.note);
    if (first && !resumed.found && !resumed.note.empty()) notify("xibench: run {}: {}\n", planned.id, resumed.note);
    if (first && !resumed.note.empty()) record.provenance.emplace_back(fmt::format("checkpoint_note_{}", record.attempts.size()), resumed.note);
    const std::int64_t first_step = resumed.steps_done;
    if (first) note_facts(record, *run, first_step);
    from_rank_0<int>(communicator, [&] {
      reporter.begins(first_step, run->steps);
      return 0;
    });
    if (first) record.attempts.push_back(this_attempt(*run, execution, first_step));
    const auto attempt = static_cast<std::int16_t>(from_rank_0<int>(communicator, [&] { return static_cast<int>(record.attempts.size()) - 1; }));
    Recorder recorder(*run, std::move(record), attempt);
    const auto close_attempt = [&](Standing how, std::int64_t steps_done) {
      auto& mine = recorder.record().attempts.back();
      mine.end = utc_now();
      mine.ended = attempt_end(how, stop_signal());
      mine.last_step = steps_done - 1;
    };

    std::int64_t steps_done = first_step;
    Session session(*run, recorder, first_step, execution.checkpoint_seconds,
                    {.checkpoint =
                         [&](std::int64_t done, bool stopping) {
                           from_rank_0<int>(communicator, [&] {
                             incarnation.still_ours();
                             recorder.record().attempts.back().last_step = done - 1;
                             recorder.record().steps.back().flags |= flag_checkpoint;
                             if (stopping) close_attempt(Standing::interrupted, done);
                             return 0;
                           });
                           steps_done = done;
                           save_checkpoint(files.checkpoint, *run, recorder, done, incarnation);
                         },
                     .progress =
                         [&](const Session::Progress& p) {
                           const bool ours = lease->still_ours();
                           if (ours) reporter.progress(p);
                           return ours;
                         }});
    watchdog.follow(run->pool, run->working_on);
    Standing standing = Standing::finished;
    try {
      if (train(*run, recorder, session) == Standing::interrupted) {
        from_rank_0<int>(communicator, [&] {
          reporter.say(Standing::interrupted);
          progress.end(fmt::format("interrupted after step {}, with a checkpoint", steps_done));
          return 0;
        });
        return {Standing::interrupted};
      }
    } catch (const Diverged& error) {
      standing = Standing::diverged;
      if (first) notify("xibench: run {}: {}\n", planned.id, error.what());
    }
    recorder.gather();

    const std::string models = hash_models(*run);
    const std::string facts_of_ranks = rank_facts(communicator, execution.machine.threads);
    const std::int64_t peak = peak_memory_of_ranks(communicator);
    from_rank_0<int>(communicator, [&] {
      RunRecord& r = recorder.record();
      r.outcome = name_of(standing);
      r.final_model_sha256 = models;
      r.phases = phase_rows(*run, r);
      mark_stragglers(r.steps);
      close_attempt(standing, r.steps.empty() ? 0 : r.steps.back().step + 1);
      for (const Facts& facts : {build_facts(), machine_facts(), reporter.costs(peak, standing)})
        r.provenance.insert(r.provenance.end(), facts.begin(), facts.end());
      r.provenance.emplace_back("ranks", fmt::format("{}", run->layout.ranks));
      r.provenance.emplace_back("rank_facts", facts_of_ranks);
      r.provenance.emplace_back("threads", fmt::format("{}", execution.machine.threads));
      r.provenance.emplace_back("device", planned.config.train.device);
      if (!execution.gpu.empty()) r.provenance.emplace_back("gpu", execution.gpu);
      r.provenance.emplace_back("command_line", execution.command_line);
      r.provenance.emplace_back("start", r.attempts.front().start);
      r.provenance.emplace_back("end", r.attempts.back().end);
      for (const auto& [name, sum] : run->task->data_checksums()) r.provenance.emplace_back("data_sha256 " + name, sum);
      write_run_file(files.result, r, incarnation);
      discard_leftovers(files);
      const auto missed = std::count_if(r.steps.begin(), r.steps.end(), [](const StepRow& row) { return !row.target_reached; });
      if (missed > 0)
        notify("xibench: run {}: control.max_rounds = {} did not reach the target distance in {} of {} steps\n", planned.id, planned.config.control.max_rounds,
               missed, r.steps.size());
      const double accuracy = summarize(r).final_test_accuracy;
      progress.end(std::isnan(accuracy) ? r.outcome : fmt::format("{}, test accuracy {:.2f} %", r.outcome, accuracy));
      return 0;
    });
    return {standing};
  } catch (const std::exception& error) {
    const auto* known = dynamic_cast<const Error*>(&error);
    if (first || !(known && known->on_all_ranks())) note_failure(error.what());
    if (first) progress.end("failed");
    throw;
  }
}

}  // namespace xib
