#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

#include "harness/cli/commands.hpp"
#include "harness/cli/json_text.hpp"
#include "harness/cli/selection.hpp"
#include "harness/cli/slow_hosts.hpp"
#include "harness/cli/text_table.hpp"
#include "harness/core/check.hpp"
#include "harness/core/notify.hpp"
#include "harness/core/paths.hpp"
#include "harness/record/heartbeat.hpp"
#include "harness/record/run_file.hpp"
#include "harness/run/execute.hpp"
#include "harness/run/vocabulary.hpp"
#include "harness/sweep/plan.hpp"
#include "harness/sweep/select.hpp"

namespace xib {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

struct Options {
  std::string spec, out = "results";
  std::vector<std::string> sets;
  Selection selection;
  bool json = false;
};

// What a run has cost, as far as its file, or its heartbeat while it is not complete, tells. NaN: it does not.
struct RunCost {
  const PlannedRun* run;
  std::string state;  // complete; of its heartbeat; missing; unreadable
  double attempts = kUnknown, core_seconds = kUnknown, step_core_seconds = kUnknown, memory = kUnknown, joules = kUnknown;
};

double fact(const RunRecord& record, const std::string& name) {
  for (const auto& [key, value] : record.provenance)
    if (key == name) return std::strtod(value.c_str(), nullptr);
  return kUnknown;
}

// Core-seconds of the steps that the record holds; the rest of the cost is setting up, evaluating after the last step, and what was lost with attempts that were killed.
double core_seconds_of_steps(const RunRecord& record) {
  double sum = 0;
  for (const auto& row : record.steps) {
    const auto attempt = static_cast<std::size_t>(row.attempt);
    if (attempt >= record.attempts.size()) return kUnknown;
    sum += row.wall_s * record.attempts[attempt].ranks * record.attempts[attempt].threads;
  }
  return sum;
}

RunCost look(const Options& o, const Plan& plan, const PlannedRun& run, std::vector<HostSample>& samples) {
  const RunFiles files = run_files(o.out, plan.sweep.name, run.id);
  RunCost cost{.run = &run, .state = "missing"};
  try {
    if (is_there(files.result)) {
      const RunRecord record = read_run_file(files.result);
      cost = {&run, "complete", fact(record, "attempts_begun"), fact(record, "core_seconds"), core_seconds_of_steps(record), fact(record, "memory_peak_bytes"), fact(record, "energy_joules")};
      std::string group = fmt::format("{}", fmt::join(run.variants, " | "));
      for (const auto& [key, value] : run.varies) group += fmt::format(", {} = {}", key, value);
      for (auto& sample : host_samples(record, group)) samples.push_back(std::move(sample));
    } else if (const auto beat = read_heartbeat(files.heartbeat)) {
      cost.state = beat->state;
      if (beat->attempts > 0) cost.attempts = static_cast<double>(beat->attempts);
      cost.core_seconds = beat->core_seconds;
      cost.joules = beat->energy_joules;
    }
  } catch (const Error& error) {  // one bad file must not hide the costs of the others
    cost.state = "unreadable";
    notify("xibench: {}\n", error.what());
  }
  return cost;
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }
std::string cell(double value, double unit = 1) { return std::isfinite(value) ? fmt::format("{:.4g}", value / unit) : "-"; }

// Of all runs that tell; how many do.
std::pair<double, int> total(const std::vector<RunCost>& costs, double RunCost::*value) {
  std::pair<double, int> sum{0, 0};
  for (const auto& cost : costs)
    if (std::isfinite(cost.*value)) sum = {sum.first + cost.*value, sum.second + 1};
  return sum;
}

void print_json(const Options& o, const Plan& plan, const std::vector<RunCost>& costs, const std::vector<HostSpeed>& hosts) {
  Json out = {{"schema", "xibench-costs"}, {"schema_version", 1}, {"name", plan.sweep.name}, {"out", o.out}, {"runs", Json::array()}};
  for (const auto& c : costs)
    out["runs"].push_back({{"index", c.run->index},
                           {"id", c.run->id},
                           {"variants", c.run->variants},
                           {"seed", c.run->config.seed},
                           {"state", c.state},
                           {"attempts", number(c.attempts)},
                           {"core_seconds", number(c.core_seconds)},
                           {"core_seconds_of_steps", number(c.step_core_seconds)},
                           {"memory_peak_bytes", number(c.memory)},
                           {"energy_joules", number(c.joules)}});
  const auto [core_seconds, told] = total(costs, &RunCost::core_seconds);
  const auto [joules, with_energy] = total(costs, &RunCost::joules);
  out["total"] = {{"core_seconds", core_seconds}, {"runs_that_tell", told}, {"energy_joules", with_energy > 0 ? Json(joules) : Json()}, {"runs_with_energy", with_energy}};
  out["hosts"] = Json::array();
  for (const auto& h : hosts) out["hosts"].push_back({{"host", h.host}, {"relative", h.relative}, {"seconds_per_step", h.seconds}, {"runs", h.runs}});
  fmt::print("{}\n", json_text(out));
}

void print_tables(const std::vector<RunCost>& costs, const std::vector<HostSpeed>& hosts) {
  std::vector<std::vector<std::string>> rows = {{"index", "id", "variant", "seed", "state", "attempts", "core-hours", "in steps", "peak MB", "kJ"}};
  for (const auto& c : costs)
    rows.push_back({fmt::format("{}", c.run->index), c.run->id, fmt::format("{}", fmt::join(c.run->variants, " | ")), fmt::format("{}", c.run->config.seed), c.state, cell(c.attempts),
                    cell(c.core_seconds, 3600), cell(c.step_core_seconds, 3600), cell(c.memory, 1e6), cell(c.joules, 1000)});
  fmt::print("{}", text_table(rows));
  if (!hosts.empty()) {
    std::vector<std::vector<std::string>> table = {{"host", "time of a step, relative", "s/step", "runs"}};
    for (const auto& h : hosts) table.push_back({h.host, fmt::format("{:.2f}", h.relative), cell(h.seconds), fmt::format("{}", h.runs)});
    fmt::print("\n{}", text_table(table));
  }
  const auto [core_seconds, told] = total(costs, &RunCost::core_seconds);
  const auto [joules, with_energy] = total(costs, &RunCost::joules);
  notify("{} core-hours (ranks x threads x time, attempts that were lost included) of {} of {} runs; the others are not begun, or of a build that kept no costs\n", cell(core_seconds, 3600), told,
         costs.size());
  notify("energy: {}\n", with_energy > 0 ? fmt::format("{} kJ of {} runs, as RAPL counts the whole host of rank 0", cell(joules, 1000), with_energy)
                                         : "absent: no run could read /sys/class/powercap/intel-rapl:*/energy_uj");
  if (hosts.empty()) notify("slow hosts: no two hosts did runs that differ by their seed alone\n");
}

}  // namespace

Command add_costs(CLI::App& command) {
  auto o = std::make_shared<Options>();
  command.add_option("SPEC", o->spec, "sweep file (TOML)")->required();
  command.add_option("--out", o->out, "results directory")->capture_default_str();
  command.add_option("--set", o->sets, "override, as it was given to run")->allow_extra_args(false);
  add_selection(command, o->selection);
  command.add_flag("--json", o->json, "as JSON");
  return [o] {
    const Plan plan = make_plan(o->spec, o->sets, vocabulary());
    std::vector<RunCost> costs;
    std::vector<HostSample> samples;
    for (const auto* run : select(plan, o->selection)) costs.push_back(look(*o, plan, *run, samples));
    const auto hosts = slow_hosts(samples);
    o->json ? print_json(*o, plan, costs, hosts) : print_tables(costs, hosts);
    return 0;
  };
}

}  // namespace xib
