#include "harness/cli/gap_runs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>

#include "harness/cli/gap_files.hpp"
#include "harness/core/check.hpp"
#include "harness/core/paths.hpp"
#include "harness/run/vocabulary.hpp"
#include "harness/sweep/cells.hpp"

namespace xib {
namespace {

namespace fs = std::filesystem;

// What decides which runs of a plan are the same. Names, files and checks do not count here: the runs are done.
Vocabulary structure() {
  Vocabulary structure;
  structure.needs_reference = vocabulary().needs_reference;
  structure.holds_target = vocabulary().holds_target;
  return structure;
}

// A run that no plan of its sweep has, as another program may have written it, states the axes in its own configuration.
Axes stated(const std::string& config_json, const Sweep& sweep) {
  const Settings settings = settings_of(config_json);
  Axes cell;
  for (const auto& key : sweep.axes) {
    const auto found = settings.find(key);
    cell.emplace_back(key, found == settings.end() ? kAnyValue : found->second);
  }
  return cell;
}

// The plans that the files are part of, each made once.
class Plans {
 public:
  struct Recorded {
    Sweep sweep;
    Cells cells;
  };
  const Recorded& of(const LoadedRun& loaded) {
    const auto known = plans_.find(loaded.source);
    if (known != plans_.end()) return known->second;
    const Plan plan = recorded_plan(loaded.source, loaded.run.path + ": /config_source", structure_);
    return plans_.emplace(loaded.source, Recorded{plan.sweep, Cells(plan)}).first->second;
  }

 private:
  Vocabulary structure_ = structure();
  std::map<std::string, Recorded> plans_;  // by the text of the sweep file
};

template <class T>
void join(std::vector<T>& all, const std::vector<T>& more) {
  for (const T& value : more)
    if (std::find(all.begin(), all.end(), value) == all.end()) all.push_back(value);
}

// Without --sweep the files must speak of one sweep: the same name, margin, baseline and variants.
Sweep common_sweep(const std::vector<LoadedRun>& loaded, Plans& plans) {
  Sweep sweep = plans.of(loaded.front()).sweep;
  for (const auto& other : loaded) {
    const Sweep& theirs = plans.of(other).sweep;
    const auto differ = [&](const char* what, const auto& ours, const auto& its) {
      require(ours == its, "{} and {} belong to different sweeps ({}: {} and {}): give the folder of one, or name its file with --sweep",
              loaded.front().run.path, other.run.path, what, ours, its);
    };
    differ("name", loaded.front().name, other.name);
    differ("delta", sweep.delta, theirs.delta);
    differ("baseline", sweep.baseline, theirs.baseline);
    differ("variants", sweep.variants, theirs.variants);
    differ("axes", sweep.axes, theirs.axes);
    join(sweep.seeds, theirs.seeds);
    join(sweep.contrasts, theirs.contrasts);  // asked later than the first run was made
    sweep.varied.insert(theirs.varied.begin(), theirs.varied.end());
  }
  sweep.name = loaded.front().name;
  return sweep;
}

// Every run under each of its names that `cell_of` gives a cell.
using CellOf = std::function<std::optional<Axes>(const LoadedRun&, const std::string& variant)>;
std::vector<FinishedRun> under_every_name(const std::vector<LoadedRun>& loaded, const CellOf& cell_of) {
  constexpr std::string_view separator = " | ";
  std::vector<FinishedRun> runs;
  for (const auto& file : loaded)
    for (std::size_t at = 0; at <= file.variants.size();) {
      const std::size_t end = std::min(file.variants.find(separator, at), file.variants.size());
      FinishedRun named = file.run;
      named.variant = file.variants.substr(at, end - at);
      at = end + separator.size();
      const auto cell = cell_of(file, named.variant);
      if (!cell) continue;
      named.axes = *cell;
      runs.push_back(std::move(named));
    }
  return runs;
}

std::vector<FinishedRun> recorded_runs(const std::vector<LoadedRun>& loaded, Plans& plans) {
  return under_every_name(loaded, [&](const LoadedRun& file, const std::string& variant) {
    const auto& [sweep, cells] = plans.of(file);
    return cells.find(variant, file.run.seed, file.run.config_json).value_or(stated(file.run.config_json, sweep));
  });
}

// Those of the plan; the others are named.
std::vector<FinishedRun> planned_runs(const std::vector<LoadedRun>& loaded, const Plan& plan) {
  const Cells cells(plan);
  auto runs = under_every_name(loaded, [&](const LoadedRun& file, const std::string& variant) {
    const auto cell = cells.find(variant, file.run.seed, file.run.config_json);
    if (!cell) fmt::print(stderr, "gap: {} is not in the plan of {}: left out\n", file.run.path, plan.sweep.path);
    return cell;
  });
  require(!runs.empty(), "no run file is in the plan of {}: give the results directory of that sweep", plan.sweep.path);
  return runs;
}

std::vector<ExpectedRun> expected_of(const Plan& plan) {
  std::vector<ExpectedRun> expected;
  for (const auto& run : plan.runs)
    for (std::size_t k = 0; k < run.variants.size(); ++k) expected.push_back({run.cells[k], run.variants[k], run.config.seed});
  return expected;
}

// What FILE holds already stays in it, and is in the table.
std::vector<std::string> with_kept(std::vector<std::string> places, const std::string& file) {
  if (!file.empty() && is_there(file)) places.push_back(file);
  return places;
}

KeptRuns kept_of(std::vector<LoadedRun> loaded, Plans& plans) {
  KeptRuns runs;
  for (LoadedRun& run : loaded) {
    const auto& [sweep, cells] = plans.of(run);
    const std::string first = run.variants.substr(0, run.variants.find(" | "));
    run.kept->cell = cells.find(first, run.run.seed, run.run.config_json).value_or(stated(run.run.config_json, sweep));
    runs.emplace(run.run.id, std::move(*run.kept));
  }
  return runs;
}

}  // namespace

SweepRuns runs_of_sweep(const RunPlaces& from) {
  const Kept kept = from.with_steps ? Kept::ignore : from.keep.empty() ? Kept::read : Kept::make;
  auto [loaded, copies, all_used] = load_runs(with_kept(from.places, from.keep), kept);
  std::optional<Plan> plan;
  if (!from.sweep.empty()) {
    plan = make_plan(from.sweep, from.sets, structure());
    for (const auto& run : loaded)
      if (!from.keep.empty() && run.name != plan->sweep.name && run.run.path == fs::path(from.keep).lexically_normal())
        refuse_in(from.keep, Key{"--keep"}, "holds runs of sweep '{}', which would be lost: name another file for those of '{}'", run.name, plan->sweep.name);
    std::erase_if(loaded, [&](const LoadedRun& run) { return run.name != plan->sweep.name; });
  }
  require(!loaded.empty(), "no complete run file{} in {}: run the sweep first; xibench status shows its state",
          plan ? fmt::format(" of sweep '{}'", plan->sweep.name) : "", fmt::join(from.places, ", "));
  Plans plans;
  SweepRuns found{.sweep = plan ? plan->sweep : common_sweep(loaded, plans), .runs = {}, .expected = {}, .kept = {}, .copies = copies, .all_used = all_used};
  if (!plan) take_margin_of_environment(found.sweep);
  found.runs = plan ? planned_runs(loaded, *plan) : recorded_runs(loaded, plans);
  check_one_sweep(found.runs, found.sweep);
  if (plan) found.expected = expected_of(*plan);
  if (!from.keep.empty()) found.kept = kept_of(std::move(loaded), plans);
  return found;
}

}  // namespace xib
