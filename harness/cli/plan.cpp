#include "harness/sweep/plan.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "harness/cli/commands.hpp"
#include "harness/cli/forecast.hpp"
#include "harness/cli/json_text.hpp"
#include "harness/cli/selection.hpp"
#include "harness/core/check.hpp"
#include "harness/core/text.hpp"
#include "harness/job/device_setting.hpp"
#include "harness/run/vocabulary.hpp"
#include "harness/sweep/fields.hpp"
#include "harness/sweep/select.hpp"

namespace xib {
namespace {

using Json = nlohmann::ordered_json;
using Runs = std::vector<const PlannedRun*>;
using Costs = std::vector<Cost>;  // of the runs, in their order

struct Options {
  std::string spec;
  std::vector<std::string> sets;
  Selection selection;
  std::string device, out;
  std::vector<std::string> kept;
  std::optional<std::int64_t> max_seeds;
  bool json = false, next_look = false;
};

Cost cost_of(const PlannedRun& run) { return vocabulary().cost ? vocabulary().cost(run.config) : Cost(); }

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }
std::string amount(double value) { return std::isfinite(value) ? fmt::format("{:.0f}", value) : "-"; }

Json json_of(const PlannedRun& run) {
  Json varies = Json::object(), origins = Json::object();
  for (const auto& [key, value] : run.varies) varies[key] = value;
  for (const Field& field : run_fields()) {
    const auto origin = run.origins.find(std::string(field.key));
    origins[std::string(field.key)] = origin == run.origins.end() ? "default" : origin->second;
  }
  const Cost cost = cost_of(run);
  return {{"index", run.index},
          {"stage", run.stage},
          {"id", run.id},
          {"variants", run.variants},
          {"varies", varies},
          {"seed", run.config.seed},
          {"needs", run.needs},
          {"cost",
           {{"steps", number(cost.steps)},
            {"samples", number(cost.samples)},
            {"bytes_sent", number(cost.bytes_sent)},
            {"memory_bytes", number(cost.memory_bytes)},
            {"memory_bytes_per_thread", number(cost.memory_bytes_per_thread)},
            {"gpu_bytes", number(cost.gpu_bytes)},
            {"gram_bytes", number(cost.gram_bytes)},
            {"distance_bytes", number(cost.distance_bytes)},
            {"loop_pays_up_to", number(cost.loop_pays_up_to)}}},
          {"config", Json::parse(run.canonical_json)},
          {"origins", origins}};
}

void print_json(const Sweep& sweep, const Runs& runs, const std::optional<Forecasts>& forecast) {
  Json out = {{"schema", "xibench-plan"},
              {"schema_version", 1},
              {"name", sweep.name},
              {"path", sweep.path},
              {"delta", sweep.delta},
              {"baseline", sweep.baseline},
              {"science_version", kScienceVersion},
              {"runs", Json::array()}};
  for (const auto* run : runs) out["runs"].push_back(json_of(*run));
  if (forecast) out["forecast"] = Json::parse(forecast_json(*forecast));
  fmt::print("{}\n", json_text(out));
}

// Prints the problems as JSON for programs; the lines for people are on stderr.
void print_problems(const std::vector<Problem>& problems) {
  Json out = {{"schema", "xibench-problems"}, {"schema_version", 1}, {"problems", Json::array()}};
  for (const Problem& problem : problems) out["problems"].push_back({{"file", problem.file}, {"key", problem.key}, {"message", problem.message}});
  fmt::print("{}\n", json_text(out));
}

// The keys of [sweep], in their order.
std::vector<std::string> varying(const Runs& runs) {
  std::vector<std::string> keys;
  for (const auto* run : runs)
    for (const auto& [key, value] : run->varies)
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
  return keys;
}

void print_table(const Runs& runs, const Costs& costs) {
  const auto keys = varying(runs);
  std::vector<std::vector<std::string>> rows = {{"index", "stage", "id", "variant"}};
  rows[0].insert(rows[0].end(), keys.begin(), keys.end());
  const bool on_gpu = std::any_of(runs.begin(), runs.end(), [](const auto* run) { return run->config.train.device != "cpu"; });
  for (const char* title : {"seed", "steps", "samples"}) rows[0].emplace_back(title);
  if (on_gpu) rows[0].emplace_back("GPU GiB");
  rows[0].emplace_back("needs");
  rows.reserve(runs.size() + 1);
  for (std::size_t k = 0; k < runs.size(); ++k) {
    const auto* run = runs[k];
    std::vector<std::string> row = {fmt::format("{}", run->index), fmt::format("{}", run->stage), run->id, fmt::format("{}", fmt::join(run->variants, " | "))};
    for (const auto& key : keys) {
      const auto at = std::find_if(run->varies.begin(), run->varies.end(), [&](const auto& entry) { return entry.first == key; });
      row.push_back(at == run->varies.end() ? text(get(*find_field(key), run->config)) : at->second);
    }
    const Cost& cost = costs[k];
    for (std::string cell : {fmt::format("{}", run->config.seed), amount(cost.steps), amount(cost.samples)}) row.push_back(std::move(cell));
    if (on_gpu) row.push_back(std::isfinite(cost.gpu_bytes) ? gib(cost.gpu_bytes) : "-");
    row.push_back(fmt::format("{}", fmt::join(run->needs, " ")));
    rows.push_back(std::move(row));
  }
  fmt::print("{}", text_table(rows));
}

// Cost of the whole plan, for the person who is about to submit it.
void print_total(const Runs& runs, const Costs& costs) {
  Cost total{0, 0, 0};
  int stages = 0;
  double largest = 0;
  for (const Cost& cost : costs) {
    total = {total.steps + cost.steps, total.samples + cost.samples, total.bytes_sent + cost.bytes_sent};
    largest = std::fmax(largest, cost.gpu_bytes);
  }
  for (const auto* run : runs) stages = std::max(stages, run->stage);
  fmt::print(stderr, "{} run{}{}: {} steps, {} samples\n", runs.size(), runs.size() == 1 ? "" : "s",
             stages > 1 ? fmt::format(" in {} stages (a stage needs the results of those before it)", stages) : "", amount(total.steps), amount(total.samples));
  if (largest > 0)
    fmt::print(stderr, "GPU memory: {} GiB for the largest run, all its nodes on one GPU (on r GPUs about 1/r of it), plus the memory of the driver\n",
               gib(largest));
}

// What a decision of the chosen method sends, for runs that choose one.
void print_methods(const Runs& runs, const Costs& costs) {
  std::set<std::string> lines;
  for (std::size_t k = 0; k < runs.size(); ++k) {
    const RunConfig& config = runs[k]->config;
    const Cost& cost = costs[k];
    if (config.control.method.empty() || !std::isfinite(cost.gram_bytes)) continue;
    std::string line = fmt::format("control.method = {}, {} nodes: a Gram matrix sends {}, a measurement of the consensus distance {}, in two exchanges each",
                                   config.control.method, config.train.nodes, with_prefix(cost.gram_bytes, "B", 3), with_prefix(cost.distance_bytes, "B", 3));
    if (std::isfinite(cost.loop_pays_up_to))
      line += fmt::format("; the loop is chosen up to {:.0f} measurement{}", cost.loop_pays_up_to, cost.loop_pays_up_to == 1 ? "" : "s");
    lines.insert(line);
  }
  for (const auto& line : lines) fmt::print(stderr, "{}\n", line);
}

void check_flags(const Options& o) {
  require(o.device.empty() || o.device == "cpu" || o.device == "cuda", Key{"--device"}, "'{}' must be cpu or cuda", o.device);
  require(!o.next_look || !o.out.empty(), Key{"--out"}, "is missing: --next-look is a matter of results; name their directory");
  require(o.kept.empty() || !o.out.empty(), Key{"--out"}, "is missing: the runs of --kept are results; name their directory, or leave out --kept");
  require(!o.max_seeds || o.next_look, Key{"--next-look"}, "is missing: --max-seeds ends the looks; add it, or leave out --max-seeds");
  require(!o.next_look || o.selection.empty(), Key{"--next-look"}, "chooses its runs itself: leave out the selection of runs");
}

int plan(const Options& o) {
  check_flags(o);
  const Sought sought{.spec = o.spec, .out = o.out, .sets = with_device(o.sets, o.device), .kept = o.kept, .max_seeds = o.max_seeds};
  if (o.next_look) {
    const NextLook next = next_look(sought);
    fmt::print("{}\n", next_look_json(next));
    fmt::print(stderr, "{}\n", printable(next_look_text(next)));
    return 0;
  }
  const Plan plan = make_plan(o.spec, sought.sets, vocabulary());
  const auto runs = select(plan, o.selection);
  const auto forecast = o.out.empty() ? std::nullopt : std::optional(forecasts(sought));
  if (o.json) {
    print_json(plan.sweep, runs, forecast);
  } else {
    Costs costs;
    for (const auto* run : runs) costs.push_back(cost_of(*run));
    print_table(runs, costs);
    print_total(runs, costs);
    print_methods(runs, costs);
    if (forecast) fmt::print("\n{}", forecast_text(*forecast));
  }
  return 0;
}

}  // namespace

Command add_plan(CLI::App& command) {
  auto o = std::make_shared<Options>();
  command.add_option("SPEC", o->spec, "sweep file (TOML)")->required();
  add_overrides(command, o->sets);
  command.add_option("--device", o->device,
                     "cpu or cuda, as for run; cuda shows the memory that each run needs on a GPU (default: train.device of the sweep file)");
  command.add_option("--out", o->out, "results directory, as for run: also say how many seeds the verdicts will probably take, from the results so far");
  command.add_option("--kept", o->kept, "with --out: kept file whose runs are results, too")->allow_extra_args(false);
  command.add_flag("--next-look", o->next_look, "with --out: only what run --until-decided would do next, as JSON, for programs that submit it themselves");
  command.add_option("--max-seeds", o->max_seeds, "with --next-look: as for run --until-decided");
  add_selection(command, o->selection);
  command.add_flag("--json", o->json, "print JSON, with the resolved configuration of every run and the source of each value");
  return [o] {
    try {
      return plan(*o);
    } catch (const Error& error) {
      if (o->json && error.fault() == Fault::input) print_problems(error.problems());
      throw;
    }
  };
}

}  // namespace xib
