#include "harness/cli/sweep_plans.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <optional>
#include <set>

#include "harness/core/check.hpp"
#include "harness/core/text.hpp"
#include "harness/run/vocabulary.hpp"

namespace xib {
namespace {

template <class T>
void join(std::vector<T>& all, const std::vector<T>& more) {
  for (const T& value : more)
    if (std::find(all.begin(), all.end(), value) == all.end()) all.push_back(value);
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

}  // namespace

Vocabulary structure() {
  Vocabulary structure;
  structure.needs_reference = vocabulary().needs_reference;
  structure.holds_target = vocabulary().holds_target;
  return structure;
}

Axes stated(const std::string& config_json, const Sweep& sweep) {
  const Settings settings = settings_of(config_json);
  Axes cell;
  for (const auto& key : sweep.axes) {
    const auto found = settings.find(key);
    cell.emplace_back(key, found == settings.end() ? kAnyValue : found->second);
  }
  return cell;
}

const Plans::Recorded& Plans::of(const LoadedRun& loaded) {
  const auto known = plans_.find(loaded.source);
  if (known != plans_.end()) return known->second;
  const Plan plan = recorded_plan(loaded.source, loaded.run.path + ": /config_source", structure_);
  return plans_.emplace(loaded.source, Recorded{plan.sweep, Cells(plan)}).first->second;
}

Sweep common_sweep(const std::vector<LoadedRun>& loaded, Plans& plans) {
  Sweep sweep = plans.of(loaded.front()).sweep;
  std::set<const Sweep*> joined;  // thousands of runs share one
  for (const auto& other : loaded) {
    const Sweep& theirs = plans.of(other).sweep;
    const auto differ = [&](const char* what, const auto& ours, const auto& its) {
      require(ours == its, "{} and {} belong to different sweeps ({}: {} and {}): give the folder of one, or name its file with --sweep",
              loaded.front().run.path, other.run.path, what, ours, its);
    };
    differ("name", loaded.front().name, other.name);
    if (!joined.insert(&theirs).second) continue;
    differ("delta", sweep.delta, theirs.delta);
    differ("baseline", sweep.baseline, theirs.baseline);
    differ("variants", sweep.variants, theirs.variants);
    differ("axes", sweep.axes, theirs.axes);
    join(sweep.seeds, theirs.seeds);
    join(sweep.contrasts, theirs.contrasts);  // asked later than the first run was made
    sweep.varied.insert(theirs.varied.begin(), theirs.varied.end());
  }
  sweep.name = loaded.front().name;
  sweep.looks = common_looks(loaded, plans, {}, "");
  return sweep;
}

std::vector<int> common_looks(const std::vector<LoadedRun>& loaded, Plans& plans, const std::vector<int>& given, const std::string& given_by) {
  std::vector<int> looks = given;
  std::string by = given_by;
  for (const auto& run : loaded) {
    const auto& theirs = plans.of(run).sweep.looks;
    if (theirs.empty() || theirs == looks) continue;
    if (!looks.empty())
      refuse_in(by, Key{"looks"},
                "plans looks at {} seeds, but {} was made for looks at {} (a plan that changes when results are there keeps no promise): keep that plan, "
                "or do the sweep anew into another directory",
                fmt::join(looks, ", "), run.run.path, fmt::join(theirs, ", "));
    looks = theirs, by = run.run.path;
  }
  return looks;
}

std::vector<int> seeds_added(const std::vector<LoadedRun>& loaded, Plans& plans) {
  std::set<const Sweep*> sweeps;
  for (const auto& run : loaded) sweeps.insert(&plans.of(run).sweep);
  std::set<std::vector<std::int64_t>> lists;
  for (const Sweep* sweep : sweeps) lists.insert(sweep->seeds);
  std::set<int> sizes;
  for (const auto& shorter : lists)
    for (const auto& longer : lists)
      if (shorter.size() < longer.size() && std::equal(shorter.begin(), shorter.end(), longer.begin()))
        sizes.insert({static_cast<int>(shorter.size()), static_cast<int>(longer.size())});
  return {sizes.begin(), sizes.end()};
}

std::vector<FinishedRun> recorded_runs(const std::vector<LoadedRun>& loaded, Plans& plans) {
  return under_every_name(loaded, [&](const LoadedRun& file, const std::string& variant) {
    const auto& [sweep, cells] = plans.of(file);
    return cells.find(variant, file.run.seed, file.run.config_json).value_or(stated(file.run.config_json, sweep));
  });
}

std::vector<FinishedRun> planned_runs(const std::vector<LoadedRun>& loaded, const Plan& plan) {
  const Cells cells(plan);
  auto runs = under_every_name(loaded, [&](const LoadedRun& file, const std::string& variant) {
    auto cell = cells.find(variant, file.run.seed, file.run.config_json, Cells::Others::equal);
    if (!cell) fmt::print(stderr, "gap: {} is not in the plan of {}: left out\n", printable(file.run.path), printable(plan.sweep.path));
    return cell;
  });
  require(!runs.empty(), "no run file is in the plan of {}: give the results directory of that sweep", plan.sweep.path);
  return runs;
}

std::vector<FinishedRun> runs_by_id(const std::vector<LoadedRun>& loaded, const Plan& plan) {
  std::map<std::string, const PlannedRun*> planned;
  for (const auto& run : plan.runs) planned.emplace(run.id, &run);
  std::vector<FinishedRun> runs;
  for (const auto& file : loaded)
    if (const auto found = planned.find(file.run.id); found != planned.end())
      for (std::size_t k = 0; k < found->second->variants.size(); ++k) {
        FinishedRun& named = runs.emplace_back(file.run);
        named.variant = found->second->variants[k], named.axes = found->second->cells[k];
      }
  return runs;
}

std::vector<ExpectedRun> expected_of(const Plan& plan) {
  std::vector<ExpectedRun> expected;
  for (const auto& run : plan.runs)
    for (std::size_t k = 0; k < run.variants.size(); ++k) expected.push_back({run.cells[k], run.variants[k], run.config.seed});
  return expected;
}

}  // namespace xib
