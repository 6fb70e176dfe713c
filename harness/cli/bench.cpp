#include "harness/cli/commands.hpp"
#include "harness/cli/json_text.hpp"
#include "harness/cli/measured.hpp"
#include "harness/cli/selection.hpp"
#include "harness/comm/collective.hpp"
#include "harness/comm/world.hpp"
#include "harness/core/check.hpp"
#include "harness/core/notify.hpp"
#include "harness/core/text.hpp"
#include "harness/job/gpu_ranks.hpp"
#include "harness/job/measure.hpp"
#include "harness/job/portable_kernels.hpp"
#include "harness/job/progress.hpp"
#include "harness/job/provenance.hpp"
#include "harness/job/ranks.hpp"
#include "harness/job/tally.hpp"
#include "harness/run/vocabulary.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <optional>
#include <sstream>
#include <tuple>

namespace xib {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string spec, progress = "auto";
  std::optional<std::string> threads;
  std::vector<std::string> sets;
  Selection selection;
  Effort effort;
  std::string device, way = "auto", gpu;
  bool json = false;
};

std::vector<int> parse_threads(const std::string& given) {
  std::vector<int> threads;
  std::istringstream in(given);
  for (std::string word; std::getline(in, word, ',');) {
    int count = 0;
    const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), count);
    const bool is_number = problem == std::errc() && end == word.data() + word.size();
    require(is_number, Key{"--threads"}, "'{}' in '{}' is not a number of threads: write --threads 1,2,4", word, given);
    if (std::find(threads.begin(), threads.end(), count) == threads.end()) threads.push_back(count);
  }
  require(!threads.empty(), Key{"--threads"}, "is empty: write --threads 1,2,4");
  return threads;
}

// First of the runs that differ only by their seeds.
std::vector<const PlannedRun*> one_per_seed(const std::vector<const PlannedRun*>& runs) {
  const auto without_seed = [](RunConfig config) {
    config.seed = 0;
    config.control.reference_id.clear();
    return config;
  };
  std::vector<const PlannedRun*> kept;
  for (const auto* run : runs) {
    const auto is_like = [&](const auto* other) { return without_seed(other->config) == without_seed(run->config); };
    if (std::none_of(kept.begin(), kept.end(), is_like)) kept.push_back(run);
  }
  return kept;
}

Json json_of(const Measured& m, int ranks) {
  Json varies = Json::object(), parts = Json::object(), task = Json::object();
  for (const auto& [name, value] : m.measurement.task_facts) task[name] = value;
  for (const auto& [key, value] : m.run->varies) varies[key] = value;
  for_each_part([&](const auto& column, double StepRow::*seconds) { parts[std::string(column.name)] = m.mean(seconds); });
  const auto& [config, of] = std::tie(m.run->config, m.measurement);
  const auto phase = static_cast<std::size_t>(of.phases.front() - 1), width = static_cast<std::size_t>(ranks);
  const Json seconds = {{"min", m.seconds.front()},       {"quartile_1", m.quantile(0.25)}, {"median", m.quantile(0.5)},
                        {"quartile_3", m.quantile(0.75)}, {"max", m.seconds.back()},        {"mean", m.mean(&StepRow::wall_s)}};
  return {{"label", label(*m.run)},
          {"index", m.run->index},
          {"variants", m.run->variants},
          {"varies", varies},
          {"seed", config.seed},
          {"phases", of.phases},
          {"topology", config.topology.name[phase]},
          {"policy", config.control.policy[phase]},
          {"reference_distance", std::isfinite(of.reference_distance) ? Json(of.reference_distance) : Json()},
          {"nodes", config.train.nodes},
          {"ranks", ranks},
          {"threads", of.threads},
          {"task", task},
          {"dim", of.dim},
          {"steps", of.steps.size()},
          {"seconds_per_step", seconds},
          {"parts", parts},
          {"samples_per_step", of.steps.front().samples},
          {"samples_per_s", m.samples_per_s()},
          {"gossip_rounds", m.mean(&StepRow::gossip_rounds)},
          {"bytes_sent", m.mean(&StepRow::bytes_sent)},
          {"gauge_bytes_sent", m.mean(&StepRow::gauge_bytes_sent)},
          {"wire_bytes", m.mean(&StepRow::wire_bytes)},
          {"rank_compute_s", median_by_rank(of.rank_compute_s, width)},
          {"rank_wait_s", median_by_rank(of.rank_wait_s, width)},
          {"rank_facts", of.rank_facts},
          {"phase_steps", of.phase_steps},
          {"run_steps", of.run_steps},
          {"run_s", m.run_s}};
}

void print_json(const Options& o, const Plan& plan, const std::vector<Measured>& all, int ranks, const std::string& start) {
  Json out = {{"schema", "xibench-bench"},      {"schema_version", 1},       {"name", plan.sweep.name}, {"path", plan.sweep.path}, {"start", start},
              {"command_line", command_line()}, {"warmup", o.effort.warmup}, {"steps", o.effort.steps}};
  for (const auto& [threads, seconds] : seconds_per_step(all)) out["seconds_per_step"].push_back({{"threads", threads}, {"seconds", seconds}});
  for (const auto& m : all) out["measurements"].push_back(json_of(m, ranks));
  for (const auto& [name, facts] : {std::pair{"machine", machine_facts()}, {"build", build_facts()}})
    for (const auto& [key, value] : facts) out[name][key] = value;
  if (!o.gpu.empty()) out["machine"]["gpu"] = o.gpu;
  fmt::print("{}\n", json_text(out));
}

void print_table(const std::vector<Measured>& all, int ranks) {
  std::vector<std::vector<std::string>> rows = {{"run", "phases", "ranks", "threads", "samples/s", "s/step", "quartiles", "rounds"}};
  for_each_part([&](const auto& column, auto) { rows[0].push_back(fmt::format("{} %", column.name.substr(0, column.name.size() - 2))); });  // without _s
  for (const char* title : {"bytes/step", "on the wire", "whole run"}) rows[0].emplace_back(title);
  for (const auto& m : all) {
    const Measurement& of = m.measurement;
    const auto number = [](auto value) { return fmt::format("{:.4g}", value); };
    rows.push_back({label(*m.run), of.phase_steps < of.run_steps ? fmt::format("{}", fmt::join(of.phases, " ")) : "", fmt::format("{}", ranks),
                    fmt::format("{}", of.threads), number(m.samples_per_s()), number(m.quantile(0.5)),
                    number(m.quantile(0.25)) + "-" + number(m.quantile(0.75)), number(m.mean(&StepRow::gossip_rounds))});
    for_each_part([&](const auto&, auto seconds) { rows.back().push_back(fmt::format("{:.0f}", 100 * m.mean(seconds) / m.mean(&StepRow::wall_s))); });
    for (std::string cell : {number(m.mean(&StepRow::bytes_sent)), number(m.mean(&StepRow::wire_bytes)), duration(m.run_s)})
      rows.back().push_back(std::move(cell));
  }
  fmt::print("{}", text_table(rows));
  for (const auto& [threads, seconds] : seconds_per_step(all))
    notify("{} rank{} of {} thread{}: slurm/submit --seconds-per-step {:.4g} (without evaluations and checkpoints)\n", ranks, ranks == 1 ? "" : "s", threads,
           threads == 1 ? "" : "s", seconds);
}

int bench(Options o) {
  const auto world = make_world();
  Communicator& communicator = *world;
  const std::string start = utc_now();
  const bool first = communicator.rank() == 0;
  Plan plan;
  std::vector<Measured> all;
  try {
    const DeviceChoice choice = on_every_rank(communicator, [&] { return parse_device(o.device); });
    plan = on_every_rank(communicator, [&] {
      o.effort.threads = o.threads ? parse_threads(*o.threads) : std::vector{default_threads()};
      for (const int threads : o.effort.threads) check_threads(threads);
      require(o.effort.steps >= 1, Key{"--steps"}, "{} is less than 1", o.effort.steps);
      require(o.effort.warmup >= 0, Key{"--warmup"}, "{} is less than 0", o.effort.warmup);
      return make_plan(o.spec, with_device(o.sets, choice.kind), vocabulary());
    });
    check_same_plan(communicator, plan);
    const auto runs = on_every_rank(communicator, [&] {
      o.effort.way = parse_way(o.way);
      const auto selected = one_per_seed(select(plan, o.selection));
      check_way(o.effort.way, selected);
      return selected;
    });
    const GpuRanks gpu(communicator, runs, choice, 600);
    o.gpu = gpu.description();
    ProgressLine progress(first ? progress_style(o.progress) : ProgressStyle::none, static_cast<int>(runs.size()));
    for (const auto* run : runs) {
      progress.begin(label(*run));
      o.effort.device = gpu.device(*run);
      for (auto& m : measure(plan, *run, gpu.communicator(*run), o.effort, [&](const Session::Progress& p) { progress.update(p); }))
        all.push_back({run, std::move(m)});
      progress.end("measured");
    }
  } catch (const std::exception& error) {
    return end_for(error, communicator);
  }
  if (!first) return 0;
  add_estimates(all);
  o.json ? print_json(o, plan, all, communicator.size(), start) : print_table(all, communicator.size());
  return 0;
}

}  // namespace

Command add_bench(CLI::App& command) {
  auto o = std::make_shared<Options>();
  command.add_option("SPEC", o->spec, "sweep file (TOML); measures the first of the runs that differ only in the seed")->required();
  add_selection(command, o->selection);
  add_overrides(command, o->sets);
  add_device(command, o->device, o->way);
  command.add_option("--threads", o->threads, "numbers of threads per rank to measure, such as 1,2,4 (default: the processors of this process)");
  command.add_option("--steps", o->effort.steps, "timed steps per run, phase and number of threads")->capture_default_str();
  command
      .add_option("--warmup", o->effort.warmup, "untimed steps before the timed ones; use more for policies that begin differently, such as fraction-of-start")
      ->capture_default_str();
  command.add_option("--data", o->effort.data_directory, "directory of the data set (default: XIBENCH_DATA/<data set>, or the folder of its package)");
  command.add_flag("--json", o->json, "print JSON, with facts of the machine and the build");
  command.add_option("--progress", o->progress, "auto, terminal, plain or none")->capture_default_str();
  return [o] {
    install_stop_signals();
    pin_kernels();
    progress_style(o->progress);
    return bench(*o);
  };
}

}  // namespace xib
