#include "harness/cli/look_runs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "harness/core/check.hpp"
#include "harness/core/paths.hpp"
#include "harness/run/vocabulary.hpp"
#include "harness/sweep/looks.hpp"

namespace xib {
namespace {

bool agree(const Axes& a, const Axes& b) {
  for (std::size_t k = 0; k < a.size() && k < b.size(); ++k)
    if (a[k].second != b[k].second && a[k].second != kAnyValue && b[k].second != kAnyValue) return false;
  return true;
}

bool is_of(const PlannedRun& run, const std::vector<ArmInCell>& arms) {
  for (std::size_t k = 0; k < run.variants.size(); ++k)
    for (const auto& arm : arms)
      if (arm.variant == run.variants[k] && agree(arm.cell, run.cells[k])) return true;
  return false;
}

}  // namespace

Results results_of(const Sought& sought) {
  Results results;
  results.sweep = make_plan(sought.spec, sought.sets, vocabulary()).sweep;
  const Sweep& sweep = results.sweep;
  if (!(sweep.delta > 0) || sweep.baseline.empty())
    refuse_in(sought.spec, Key{sweep.delta > 0 ? "variant.baseline" : "delta"},
              "is not there, so the sweep asks for no verdict that could be decided; write both");
  std::vector<std::string> places = sought.kept;
  if (const std::string folder = sought.out + "/" + sweep.name; is_there(folder)) places.push_back(folder);
  results.loaded = load_runs(places, Kept::named).runs;  // run does not do these again either
  std::vector<LoadedRun> of_this_sweep;
  std::ranges::copy_if(results.loaded, std::back_inserter(of_this_sweep), [&](const LoadedRun& run) { return run.name == sweep.name; });
  Plans plans;
  results.looks = common_looks(of_this_sweep, plans, sweep.looks, sought.spec);
  if (results.looks.empty()) results.looks = default_looks(sweep.seeds.size());
  require(!sought.max_seeds || *sought.max_seeds >= results.looks.front(), Key{"--max-seeds"}, "{} is less than the {} seeds of the first look",
          sought.max_seeds.value_or(0), results.looks.front());
  return results;
}

std::vector<std::string> sets_at(const Results& results, int n) {
  return {fmt::format("looks=[{}]", fmt::join(results.looks, ",")),
          fmt::format("seeds=[{}]", fmt::join(first_seeds(results.sweep.seeds, static_cast<std::size_t>(n)), ","))};
}

Plan plan_at(const Sought& sought, const Results& results, int n) {
  auto sets = sought.sets;
  for (auto& set : sets_at(results, n)) sets.push_back(std::move(set));
  return make_plan(sought.spec, sets, vocabulary());
}

std::vector<std::string> runs_of(const Plan& plan, const std::vector<ArmInCell>* arms) {
  std::set<std::string> wanted;
  for (auto run = plan.runs.rbegin(); run != plan.runs.rend(); ++run)  // from the last stage
    if (!arms || wanted.contains(run->id) || is_of(*run, *arms)) {
      wanted.insert(run->id);
      wanted.insert(run->needs.begin(), run->needs.end());
    }
  std::vector<std::string> ids;
  for (const auto& run : plan.runs)
    if (wanted.contains(run.id)) ids.push_back(run.id);
  return ids;
}

}  // namespace xib
