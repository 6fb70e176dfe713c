#include "harness/job/publish.hpp"

#include "harness/comm/collective.hpp"
#include "harness/core/check.hpp"
#include "harness/core/notify.hpp"
#include "harness/job/provenance.hpp"
#include "harness/record/row_log.hpp"
#include "harness/record/run_file.hpp"
#include "harness/record/step_totals.hpp"
#include "harness/run/run_record.hpp"
#include "harness/sweep/looks.hpp"

#include <functional>
#include <string>

namespace xib {
namespace {

void add_provenance(RunRecord& record, const Job& job, const Task& task, const Facts& costs, const std::string& facts_of_ranks) {
  auto& all = record.provenance;
  for (const Facts& facts : {build_facts(), machine_facts(), costs}) all.insert(all.end(), facts.begin(), facts.end());
  all.emplace_back("ranks", fmt::format("{}", job.communicator.size()));
  all.emplace_back("rank_facts", facts_of_ranks);
  all.emplace_back("threads", fmt::format("{}", job.execution.machine.threads));
  all.emplace_back("device", job.planned.config.train.device);
  if (!job.execution.gpu.empty()) all.emplace_back("gpu", job.execution.gpu);
  if (const int look = look_of(record.seed, job.plan.sweep.seeds, job.plan.sweep.looks))
    all.emplace_back("look", fmt::format("{} of {} (at {} seeds)", look, job.plan.sweep.looks.size(), fmt::join(job.plan.sweep.looks, ", ")));
  all.emplace_back("command_line", job.execution.command_line);
  all.emplace_back("start", record.attempts.front().start);
  all.emplace_back("end", record.attempts.back().end);
  for (const auto& [name, sum] : task.data_checksums()) all.emplace_back("data_sha256 " + name, sum);
}

void say_missed_targets(const Job& job, const StepTotals& totals) {
  if (totals.target_missed_steps > 0)
    notify("xibench: run {}: control.max_rounds = {} did not reach the target distance in {} of {} steps\n", job.planned.id,
           job.planned.config.control.max_rounds, totals.target_missed_steps, totals.steps);
}

}  // namespace

void publish(const Job& job, Prepared& ready, Standing standing, const RunReporter& reporter, const Incarnation& incarnation) {
  const Run& run = *ready.run;
  const std::string models = hash_models(job.communicator, run.x, run.buffers);
  const std::string facts_of_ranks = rank_facts(job.communicator, job.execution.machine.threads);
  const std::int64_t peak = peak_memory_of_ranks(job.communicator);
  from_rank_0<int>(job.communicator, [&] {
    RunRecord& record = ready.recorder->record();
    record.outcome = standing;
    record.final_model_sha256 = models;
    const StepTotals totals = ready.recorder->totals();
    record.phases = phase_rows(run.config, run.timeline, totals);
    const Stragglers::Limits limits = totals.stragglers.limits();
    limits.mark(record.steps);
    EarlierRows earlier;
    if (const RowLog* log = ready.recorder->log()) {
      earlier.steps = log->totals().steps;
      earlier.each = [&, log](const std::function<void(const Rows&)>& visit) {
        log->each([&](Rows& rows) {
          limits.mark(rows.steps);
          visit(rows);
        });
      };
    }
    close_attempt(record, standing, record.steps.empty() ? 0 : record.steps.back().step + 1);
    add_provenance(record, job, *run.task, reporter.costs(peak, standing), facts_of_ranks);
    write_run_file(job.files.result, record, earlier, totals, incarnation);
    discard_leftovers(job.files);
    say_missed_targets(job, totals);
    const std::string score = final_text(summarize(record, totals));
    job.progress.end(fmt::format("{}{}{}", name_of(standing), score.empty() ? "" : ", ", score));
    return 0;
  });
}

}  // namespace xib
