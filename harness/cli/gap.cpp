#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "harness/cli/commands.hpp"
#include "harness/cli/gap_files.hpp"
#include "harness/core/check.hpp"
#include "harness/gap/gap_table.hpp"
#include "harness/gap/published_lookup.hpp"
#include "harness/sweep/contrasts.hpp"
#include "harness/sweep/overrides.hpp"
#include "harness/sweep/plan.hpp"

namespace xib {
namespace {

namespace fs = std::filesystem;

struct GapOptions {
  std::vector<std::string> places, sets;
  std::string format = "md", sweep;
  Network network;
};

// The [[contrast]]s of a sweep file's text, whose arms have to be variants of it.
std::vector<SweepFacts::Contrast> contrasts_in(const std::string& source, const std::string& where, const SweepFacts& facts) {
  Problems problems;
  const auto contrasts = contrasts_of(source, where);
  check_contrasts(contrasts, facts.variants, facts.baseline, problems);
  problems.throw_if_any();
  std::vector<SweepFacts::Contrast> asked;
  for (const auto& contrast : contrasts) asked.push_back({contrast.arm, contrast.against});
  return asked;
}

// The margin is no part of a run, so XIBENCH_DELTA holds for the table as it does for a sweep file. Other variables say what is run, which the
// files here tell themselves; one that sets no key is refused as everywhere.
void apply_environment(SweepFacts& facts) {
  Problems problems;
  for (const auto& given : overrides({}, problems)) {
    if (given.leaf.key != "delta") continue;
    const auto value = value_of(given.leaf, Kind::number);
    const double delta = value ? std::get<double>(*value) : -1;
    if (!std::isfinite(delta) || delta < 0) {
      problems.add(given.where, "delta", "is no margin; write a number of points of accuracy such as 0.3 (0: not declared)");
      continue;
    }
    facts.delta_from = fmt::format("{}; the runs declare {}", given.where, facts.delta > 0 ? fmt::format("{}", facts.delta) : "none");
    facts.delta = delta;
  }
  problems.throw_if_any();
}

// Without --sweep the files must speak of one sweep: the same name, margin, baseline and variants.
SweepFacts common_facts(const std::vector<LoadedRun>& loaded) {
  const SweepFacts first = read_sweep_facts(loaded.front().source, loaded.front().run.path);
  SweepFacts facts = first;
  facts.contrasts = contrasts_in(loaded.front().source, loaded.front().run.path, first);
  for (const auto& other : loaded) {
    const SweepFacts theirs = read_sweep_facts(other.source, other.run.path);
    const auto differ = [&](const char* what, const auto& ours, const auto& its) {
      require(ours == its, "{} and {} belong to different sweeps ({}: {} and {}): give the folder of one, or name its file with --sweep",
              loaded.front().run.path, other.run.path, what, ours, its);
    };
    differ("name", loaded.front().name, other.name);
    differ("delta", first.delta, theirs.delta);
    differ("baseline", first.baseline, theirs.baseline);
    differ("variants", first.variants, theirs.variants);
    differ("axes", first.axes, theirs.axes);
    const auto join = [](auto& all, const auto& more) {
      for (const auto& value : more)
        if (std::find(all.begin(), all.end(), value) == all.end()) all.push_back(value);
    };
    join(facts.seeds, theirs.seeds);
    if (other.source != loaded.front().source)
      join(facts.contrasts, contrasts_in(other.source, other.run.path, theirs));  // asked later than the first run was made
  }
  facts.name = loaded.front().name;
  return facts;
}

std::vector<FinishedRun> under_every_name(const std::vector<LoadedRun>& loaded, const SweepFacts& facts) {
  constexpr std::string_view separator = " | ";
  std::vector<FinishedRun> runs;
  for (const auto& [run, name, variants, source] : loaded)
    for (std::size_t at = 0; at <= variants.size();) {
      const std::size_t end = std::min(variants.find(separator, at), variants.size());
      FinishedRun named = run;
      named.variant = variants.substr(at, end - at);
      named.axes = axes_of(run.config_json, facts, named.variant);
      runs.push_back(std::move(named));
      at = end + separator.size();
    }
  return runs;
}

std::vector<ExpectedRun> expected_of(const Plan& plan, const SweepFacts& facts) {
  std::vector<ExpectedRun> expected;
  for (const auto& run : plan.runs)
    for (const auto& variant : run.variants) expected.push_back({axes_of(run.canonical_json, facts, variant), variant, run.config.seed});
  return expected;
}

bool planned(const FinishedRun& run, const std::vector<ExpectedRun>& plan) {
  return std::any_of(plan.begin(), plan.end(),
                     [&](const ExpectedRun& expected) { return expected.variant == run.variant && expected.seed == run.seed && expected.axes == run.axes; });
}

// Nothing where this program is away from its source tree.
PublishedLookup published_values() { return fs::is_directory(published_folder()) ? published_lookup(published_folder()) : PublishedLookup(); }

int gap(const GapOptions& options) {
  auto [loaded, copies, all_used] = load_runs(options.places);
  SweepFacts facts;
  std::vector<ExpectedRun> plan;
  if (!options.sweep.empty()) {
    const Plan made = make_plan(options.sweep, options.sets);
    facts = read_sweep_facts(made.sweep.source, options.sweep);
    facts.name = made.sweep.name, facts.delta = made.sweep.delta;
    facts.contrasts = contrasts_in(made.sweep.source, options.sweep, facts);
    plan = expected_of(made, facts);
    std::erase_if(loaded, [&](const LoadedRun& run) { return run.name != facts.name; });
  }
  require(!loaded.empty(), "no complete run file{} in {}: run the sweep first, see xibench status",
          facts.name.empty() ? "" : fmt::format(" of sweep '{}'", facts.name), fmt::join(options.places, ", "));
  if (options.sweep.empty()) {
    facts = common_facts(loaded);
    apply_environment(facts);
  }
  auto runs = under_every_name(loaded, facts);
  if (!plan.empty()) {
    std::erase_if(runs, [&](const FinishedRun& run) {
      const bool other = !planned(run, plan);
      if (other) fmt::print(stderr, "gap: {} is not in the plan of {}: left out\n", run.path, options.sweep);
      return other;
    });
    require(!runs.empty(), "none of the run files is in the plan of {}: give the directory that it was run into", options.sweep);
  }
  check_one_sweep(runs, facts);
  GapTable table = gap_table(runs, facts, plan, published_values());
  table.copies = copies, table.network = options.network;
  const std::string text = options.format == "json" ? gap_json(table) : options.format == "csv" ? gap_csv(table) : gap_markdown(table);
  fmt::print("{}", text);
  return all_used ? 0 : 1;
}

}  // namespace

Command add_gap(CLI::App& command) {
  auto options = std::make_shared<GapOptions>();
  command.add_option("DIR", options->places, "directories with run files, searched to the bottom, or run files")->required();
  command.add_option("--format", options->format, "md (a table for the terminal), csv or json")
      ->check(CLI::IsMember({"md", "csv", "json"}))
      ->capture_default_str();
  command.add_option("--sweep", options->sweep,
                     "sweep file: takes only its runs, and lists every planned run that is missing (default: what the run files say of their sweep)");
  command.add_option("--set", options->sets, "with --sweep: override, as it was given to run")->allow_extra_args(false);
  command.add_option("--latency", options->network.latency_s, "of the modelled seconds: s per message")->capture_default_str();
  command.add_option("--bandwidth", options->network.bandwidth, "of the modelled seconds: B/s of a node")->capture_default_str();
  return [options] {
    const auto& [latency, bandwidth] = options->network;
    require(std::isfinite(latency) && latency >= 0, "--latency: {} is no number of seconds; give one such as 50e-6", latency);
    require(std::isfinite(bandwidth) && bandwidth > 0, "--bandwidth: {} is no number of bytes per second; give one such as 1.25e9", bandwidth);
    require(options->sets.empty() || !options->sweep.empty(), "--set changes a sweep file: name it with --sweep");
    return gap(*options);
  };
}

}  // namespace xib
