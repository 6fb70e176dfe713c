#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/cli/commands.hpp"
#include "harness/cli/json_text.hpp"
#include "harness/cli/selection.hpp"
#include "harness/cli/slow_hosts.hpp"
#include "harness/core/check.hpp"
#include "harness/core/nan.hpp"
#include "harness/core/notify.hpp"
#include "harness/core/paths.hpp"
#include "harness/core/text.hpp"
#include "harness/job/execute.hpp"
#include "harness/job/lease.hpp"
#include "harness/job/slurm_accounting.hpp"
#include "harness/record/heartbeat.hpp"
#include "harness/record/run_file.hpp"
#include "harness/run/vocabulary.hpp"
#include "harness/sweep/plan.hpp"
#include "harness/sweep/select.hpp"

namespace xib {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string spec, out = "results";
  std::vector<std::string> sets;
  Selection selection;
  bool json = false;
};

// Cost of a run, from its file, or from its heartbeat while it is not complete. NaN: not known.
struct RunCost {
  const PlannedRun* run;
  Standing standing;
  bool readable = true;  // its files
  double attempts = kNaN, core_seconds = kNaN, step_core_seconds = kNaN, memory = kNaN, joules = kNaN, gpu_joules = kNaN;
  std::vector<AttemptCost> each = {};  // attempt by attempt, those that tell
  std::set<std::string> jobs = {};     // of Slurm
};

double number_of(const RunRecord& record, const std::string& name) {
  for (const auto& [key, value] : record.provenance)
    if (key == name) return std::strtod(value.c_str(), nullptr);
  return kNaN;
}

// Core-seconds of the steps that the record holds; the rest of the cost is setting up, evaluating after the last step, and what was lost with attempts that
// were killed.
double core_seconds_of_steps(const RunRecord& record) {
  double sum = 0;
  for (const auto& row : record.steps) {
    const auto attempt = static_cast<std::size_t>(row.attempt);
    if (attempt >= record.attempts.size()) return kNaN;
    sum += row.wall_s * record.attempts[attempt].ranks * record.attempts[attempt].threads;
  }
  return sum;
}

RunCost look(const Options& o, const Plan& plan, const PlannedRun& run, std::vector<HostSample>& samples) {
  const RunFiles files = run_files(o.out, plan.sweep.name, run.id);
  RunCost cost{.run = &run, .standing = Standing::missing};
  try {
    if (is_there(files.result)) {
      const RunRecord record = read_run_file(files.result);
      cost = {&run,
              record.outcome,
              true,
              number_of(record, "attempts_begun"),
              number_of(record, "core_seconds"),
              core_seconds_of_steps(record),
              number_of(record, "memory_peak_bytes"),
              number_of(record, "energy_joules"),
              number_of(record, "gpu_joules")};
      if (const std::string each = fact(record, "attempt_costs"); !each.empty()) cost.each = costs_from_json(each);
      for (const auto& attempt : record.attempts) cost.jobs.insert(attempt.slurm_job);
      std::string group = fmt::format("{}", fmt::join(run.variants, " | "));
      for (const auto& [key, value] : run.varies) group += fmt::format(", {} = {}", key, value);
      for (auto& sample : host_samples(record, group)) samples.push_back(std::move(sample));
    } else if (const auto beat = read_heartbeat(files.heartbeat)) {
      cost.standing = beat->state;
      if (beat->attempts > 0) cost.attempts = static_cast<double>(beat->attempts);
      cost.core_seconds = beat->core_seconds;
      cost.joules = beat->energy_joules;
      cost.gpu_joules = beat->gpu_joules;
      cost.each = beat->costs;
      if (beat->state == Standing::running && !Lease::held_by(files.lease)) {  // nobody does it any more, and it said nothing of its end
        cost.standing = Standing::killed;
        if (!cost.each.empty()) cost.each.back().state = Standing::killed;
      }
    }
    for (const auto& attempt : cost.each) cost.jobs.insert(attempt.slurm_job);
  } catch (const nlohmann::json::exception& error) {
    notify("xibench: {}: attempt_costs: {}\n", files.result, error.what());
  } catch (const Error& error) {  // one bad file must not hide the costs of the others
    cost.readable = false;
    notify("xibench: {}\n", error.what());
  }
  return cost;
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

// Sum over all runs that know the value, and their number.
std::pair<double, int> total(const std::vector<RunCost>& costs, double RunCost::*value) {
  std::pair<double, int> sum{0, 0};
  for (const auto& cost : costs)
    if (std::isfinite(cost.*value)) sum = {sum.first + cost.*value, sum.second + 1};
  return sum;
}

std::string state_of(const RunCost& cost) { return cost.readable ? std::string(status_word(cost.standing)) : "unreadable"; }

std::ptrdiff_t killed(const std::vector<RunCost>& costs) {
  std::ptrdiff_t sum = 0;
  for (const auto& cost : costs)
    sum += std::count_if(cost.each.begin(), cost.each.end(), [](const auto& attempt) { return attempt.state == Standing::killed; });
  return sum;
}

Json sum_or_null(const std::vector<RunCost>& costs, double RunCost::*value) {
  const auto [sum, told] = total(costs, value);
  return told > 0 ? Json(sum) : Json();
}

void print_json(const Options& o, const Plan& plan, const std::vector<RunCost>& costs, const std::vector<HostSpeed>& hosts, const Accounting& accounting) {
  Json out = {{"schema", "xibench-costs"}, {"schema_version", 1}, {"name", plan.sweep.name}, {"out", o.out}, {"runs", Json::array()}};
  for (const auto& c : costs)
    out["runs"].push_back({{"index", c.run->index},
                           {"id", c.run->id},
                           {"variants", c.run->variants},
                           {"seed", c.run->config.seed},
                           {"state", state_of(c)},
                           {"attempts", number(c.attempts)},
                           {"core_seconds", number(c.core_seconds)},
                           {"core_seconds_of_steps", number(c.step_core_seconds)},
                           {"memory_peak_bytes", number(c.memory)},
                           {"energy_joules", number(c.joules)},
                           {"gpu_energy_joules", number(c.gpu_joules)},
                           {"each_attempt", Json::parse(cost_json(c.each))}});
  out["total"] = {{"core_seconds", total(costs, &RunCost::core_seconds).first},
                  {"runs_that_tell", total(costs, &RunCost::core_seconds).second},
                  {"killed_attempts", killed(costs)},
                  {"energy_joules", sum_or_null(costs, &RunCost::joules)},
                  {"runs_with_energy", total(costs, &RunCost::joules).second},
                  {"gpu_energy_joules", sum_or_null(costs, &RunCost::gpu_joules)}};
  out["hosts"] = Json::array();
  for (const auto& h : hosts) out["hosts"].push_back({{"host", h.host}, {"relative", h.relative}, {"seconds_per_step", h.seconds}, {"runs", h.runs}});
  out["slurm"] = {{"problem", accounting.problem}, {"jobs", Json::array()}};
  for (const auto& j : accounting.jobs)
    out["slurm"]["jobs"].push_back({{"job", j.job}, {"state", j.state}, {"core_seconds", number(j.core_seconds)}, {"energy_joules", number(j.energy_joules)}});
  fmt::print("{}\n", json_text(out));
}

using Rows = std::vector<std::vector<std::string>>;

void print_if_any(const Rows& rows) {
  if (rows.size() > 1) fmt::print("\n{}", text_table(rows));
}

// The attempts of runs that took more than one.
void print_attempts(const std::vector<RunCost>& costs) {
  Rows rows = {{"index", "id", "attempt", "ended", "begun", "counted to", "host", "job", "core-hours", "kJ", "GPU kJ"}};
  for (const auto& c : costs) {
    if (c.each.size() < 2 && (c.each.empty() || c.each.back().state != Standing::killed)) continue;
    const auto before = static_cast<std::size_t>(std::isfinite(c.attempts) ? c.attempts : 0) -
                        std::min(c.each.size(), static_cast<std::size_t>(std::isfinite(c.attempts) ? c.attempts : 0));
    for (std::size_t k = 0; k < c.each.size(); ++k) {
      const AttemptCost& a = c.each[k];
      rows.push_back({fmt::format("{}", c.run->index), c.run->id, fmt::format("{}", before + k + 1), std::string(name_of(a.state)), a.begun, a.heard, a.host,
                      a.slurm_job, cell(a.core_seconds, 3600), cell(a.energy_joules, 1000), cell(a.gpu_joules, 1000)});
    }
  }
  print_if_any(rows);
  if (const auto lost = killed(costs))
    notify("{} attempt{} killed: counted up to the last heartbeat (`counted to`); the work after it is unknown and not counted\n", lost,
           lost == 1 ? " was" : "s were");
}

void say_energy(const std::vector<RunCost>& costs, double RunCost::*value, std::string_view source, std::string_view absent) {
  const auto [joules, told] = total(costs, value);
  notify("energy{}: {}\n", source,
         told > 0 ? fmt::format("{} kJ of {} of {} runs", cell(joules, 1000), told, costs.size()) : fmt::format("absent: {}", absent));
}

void print_accounting(const Accounting& accounting) {
  Rows rows = {{"Slurm job", "state", "core-hours", "kJ"}};
  double core_seconds = 0, joules = 0;
  int with_energy = 0;
  for (const auto& j : accounting.jobs) {
    rows.push_back({j.job, j.state, cell(j.core_seconds, 3600), cell(j.energy_joules, 1000)});
    if (std::isfinite(j.core_seconds)) core_seconds += j.core_seconds;
    if (std::isfinite(j.energy_joules)) joules += j.energy_joules, ++with_energy;
  }
  print_if_any(rows);
  if (!accounting.problem.empty()) return notify("Slurm's accounting: absent: {}\n", accounting.problem);
  notify("Slurm's accounting: {} core-hours of {} jobs and requeues, for all processors that they had; energy {}\n", cell(core_seconds, 3600),
         accounting.jobs.size(),
         with_energy > 0 ? fmt::format("{} kJ of {} of them, measured by their nodes", cell(joules, 1000), with_energy)
                         : "unknown: this Slurm does not measure it (AcctGatherEnergyType)");
}

void print_tables(const std::vector<RunCost>& costs, const std::vector<HostSpeed>& hosts, const Accounting& accounting) {
  Rows rows = {{"index", "id", "variant", "seed", "state", "attempts", "core-hours", "in steps", "peak MB", "kJ", "GPU kJ"}};
  for (const auto& c : costs)
    rows.push_back({fmt::format("{}", c.run->index), c.run->id, fmt::format("{}", fmt::join(c.run->variants, " | ")), fmt::format("{}", c.run->config.seed),
                    state_of(c), cell(c.attempts), cell(c.core_seconds, 3600), cell(c.step_core_seconds, 3600), cell(c.memory, 1e6), cell(c.joules, 1000),
                    cell(c.gpu_joules, 1000)});
  fmt::print("{}", text_table(rows));
  Rows table = {{"host", "time of a step, relative", "s/step", "runs"}};
  for (const auto& h : hosts) table.push_back({h.host, fmt::format("{:.2f}", h.relative), cell(h.seconds), fmt::format("{}", h.runs)});
  print_if_any(table);
  print_attempts(costs);
  print_accounting(accounting);
  const auto [core_seconds, told] = total(costs, &RunCost::core_seconds);
  notify("{} core-hours (ranks x threads x time, with lost attempts) of {} of {} runs; the others have not started, or their build recorded no costs\n",
         cell(core_seconds, 3600), told, costs.size());
  say_energy(costs, &RunCost::joules, " of processors (RAPL, the whole host of rank 0)", "no run could read /sys/class/powercap/intel-rapl:*/energy_uj");
  say_energy(costs, &RunCost::gpu_joules, " of GPUs (NVML, all of rank 0's host)", "no run used a GPU whose driver reports it");
  if (hosts.empty()) notify("slow hosts: unknown, because no two hosts did runs that differ only in the seed\n");
}

}  // namespace

Command add_costs(CLI::App& command) {
  auto o = std::make_shared<Options>();
  command.add_option("SPEC", o->spec, "sweep file (TOML)")->required();
  command.add_option("--out", o->out, "results directory")->capture_default_str();
  command.add_option("--set", o->sets, "override, as given to run; repeatable")->allow_extra_args(false);
  add_selection(command, o->selection);
  command.add_flag("--json", o->json, "print JSON");
  return [o] {
    const Plan plan = make_plan(o->spec, o->sets, vocabulary());
    std::vector<RunCost> costs;
    std::vector<HostSample> samples;
    for (const auto* run : select(plan, o->selection)) costs.push_back(look(*o, plan, *run, samples));
    const auto hosts = slow_hosts(samples);
    std::set<std::string> jobs;
    for (const auto& cost : costs) jobs.insert(cost.jobs.begin(), cost.jobs.end());
    jobs.erase("");
    const Accounting accounting = jobs.empty() ? Accounting{{}, "no run was a job of Slurm"} : ask_accounting(jobs);
    o->json ? print_json(*o, plan, costs, hosts, accounting) : print_tables(costs, hosts, accounting);
    return 0;
  };
}

}  // namespace xib
