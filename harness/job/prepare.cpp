#include "harness/job/prepare.hpp"

#include "harness/comm/collective.hpp"
#include "harness/core/check.hpp"
#include "harness/core/nan.hpp"
#include "harness/core/notify.hpp"
#include "harness/core/paths.hpp"
#include "harness/job/provenance.hpp"
#include "harness/record/heartbeat.hpp"
#include "harness/record/run_file.hpp"
#include "harness/run/checkpoint.hpp"
#include "harness/run/run_record.hpp"
#include "harness/run/session.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace xib {
namespace {

struct Reference {
  Standing outcome;
  std::vector<PhaseRow> phases;
  std::string file;
};

// From its run file, or where that is not here from a kept one.
Reference read_reference(const Job& job, const std::string& id) {
  const RunFiles files = run_files(job.execution.out, job.plan.sweep.name, id);
  if (is_there(files.result)) {
    const RunRecord record = read_run_file_narrowly(files.result);  // all of it, so that damage anywhere is found
    return {record.outcome, record.phases, files.result};
  }
  if (job.execution.kept)
    if (const auto kept = job.execution.kept->find(id); kept != job.execution.kept->end())
      return {kept->second.header.outcome, kept->second.header.phases, kept->second.file};
  const std::string need = fmt::format("run {} needs the consensus distance of run {}", job.planned.id, id);
  const auto begun = read_heartbeat(files.heartbeat);
  if (!begun) refuse("{}, which is not complete ({}): run that one first (xibench run --all uses the right order)", need, files.result);
  if (begun->state == Standing::failed) refuse("{}, which failed ({}): remove the cause and run that one again", need, begun->error);
  refuse("{}, which did not finish ({}): run that one again", need, files.result);
}

double reference_distance(const Job& job, std::size_t phase) {
  const RunConfig::Control& control = job.planned.config.control;
  const std::string& id = control.reference_id[phase];
  const Reference reference = read_reference(job, id);
  if (reference.outcome != Standing::finished)
    fail("run {} needs the consensus distance of run {}, which {}: its distance is meaningless", job.planned.id, id, name_of(reference.outcome));
  const PhaseRow& row = reference.phases.at(phase);
  const double distance = control.statistic == "mean" ? row.consensus_distance_mean : row.consensus_distance_max;
  require(std::isfinite(distance) && distance > 0, "the reference run {} has no usable consensus distance in phase {}", reference.file, phase + 1);
  return distance;
}

// Of every phase; NaN where fraction() is not its policy.
std::vector<double> reference_distances(const Job& job) {
  const RunConfig& config = job.planned.config;
  std::vector<double> distances(config.phase_count(), kNaN);
  for (std::size_t k = 0; k < distances.size(); ++k)
    if (!config.control.reference_id[k].empty()) distances[k] = from_rank_0<double>(job.communicator, [&] { return reference_distance(job, k); });
  return distances;
}

Attempt this_attempt(const Job& job, std::int64_t first_step) {
  return {.start = utc_now(),
          .end = {},
          .hosts = host_name(),
          .slurm_job = slurm_job(),
          .ended = attempt_end(Standing::killed),  // until close_attempt()
          .ranks = job.communicator.size(),
          .threads = job.execution.machine.threads,
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

// Rank 0's record, with this attempt's row.
RunRecord record_of(const Job& job, const Run& run, Resumed resumed) {
  RunRecord record = resumed.found ? std::move(resumed.record) : begin_record(job.plan, job.planned, run);
  const std::string& note = resumed.note;
  if (resumed.found)
    notify("xibench: run {} goes on after step {}{}{}\n", job.planned.id, resumed.steps_done, note.empty() ? "" : ": ", note);
  else if (!note.empty())
    notify("xibench: run {}: {}\n", job.planned.id, note);
  if (!note.empty()) record.provenance.emplace_back(fmt::format("checkpoint_note_{}", record.attempts.size()), note);
  attach_matrices(run, record.topologies);
  note_facts(record, run, resumed.steps_done);
  record.attempts.push_back(this_attempt(job, resumed.steps_done));
  return record;
}

}  // namespace

Prepared prepare(const Job& job, const Incarnation& incarnation) {
  const auto references = reference_distances(job);
  Prepared ready;
  ready.run = on_every_rank(job.communicator, [&] { return make_run(job.planned.config, job.communicator, job.execution.machine, references); });
  Resumed resumed;
  if (job.execution.resume) resumed = load_checkpoint(job.files.checkpoint, ready.run->checkpointed(), job.planned.id, incarnation);
  ready.first_step = resumed.steps_done;
  std::unique_ptr<RowLog> log = std::move(resumed.log);
  if (job.first() && !log) log = std::make_unique<RowLog>(job.files.checkpoint, incarnation);
  RunRecord record;
  if (job.first()) record = record_of(job, *ready.run, std::move(resumed));
  const auto attempt = static_cast<std::int16_t>(from_rank_0<int>(job.communicator, [&] { return static_cast<int>(record.attempts.size()) - 1; }));
  ready.recorder =
      std::make_unique<Recorder>(job.communicator, ready.run->layout, job.planned.config.train.warmup_epochs, std::move(record), attempt, std::move(log));
  return ready;
}

void close_attempt(RunRecord& record, Standing standing, std::int64_t steps_done) {
  Attempt& mine = record.attempts.back();
  mine.end = utc_now();
  mine.ended = attempt_end(standing, stop_signal());
  mine.last_step = steps_done - 1;
}

}  // namespace xib
