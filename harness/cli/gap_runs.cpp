#include "harness/cli/gap_runs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "harness/cli/gap_files.hpp"
#include "harness/cli/sweep_plans.hpp"
#include "harness/core/check.hpp"
#include "harness/core/paths.hpp"
#include "harness/sweep/looks.hpp"

namespace xib {
namespace {

namespace fs = std::filesystem;

// With looks the runs have more seeds than the sweep file may name.
void plan_all_looks(Plan& plan, const RunPlaces& from, const std::vector<LoadedRun>& loaded, Plans& plans) {
  const std::vector<int> looks = common_looks(loaded, plans, plan.sweep.looks, from.sweep);
  if (looks.empty()) return;
  const auto seeds = first_seeds(plan.sweep.seeds, std::max(plan.sweep.seeds.size(), static_cast<std::size_t>(looks.back())));
  auto sets = from.sets;
  sets.push_back(fmt::format("looks=[{}]", fmt::join(looks, ", ")));
  sets.push_back(fmt::format("seeds=[{}]", fmt::join(seeds, ", ")));
  plan = make_plan(from.sweep, sets, structure());
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
  std::optional<Plan> plan;
  if (!from.sweep.empty()) plan = make_plan(from.sweep, from.sets, structure());
  auto [loaded, copies, all_used, others] = load_runs(with_kept(from.places, from.keep), kept, plan ? plan->sweep.name : "");
  if (const auto other = others.find(fs::path(from.keep).lexically_normal().string()); !from.keep.empty() && other != others.end())
    refuse_in(from.keep, Key{"--keep"}, "holds runs of sweep '{}', which would be lost: name another file for those of '{}'", other->second, plan->sweep.name);
  Plans plans;
  if (plan) plan_all_looks(*plan, from, loaded, plans);
  require(!loaded.empty(), "no complete run file{} in {}: run the sweep first; xibench status shows its state",
          plan ? fmt::format(" of sweep '{}'", plan->sweep.name) : "", fmt::join(from.places, ", "));
  SweepRuns found{.sweep = plan ? plan->sweep : common_sweep(loaded, plans),
                  .runs = {},
                  .expected = {},
                  .kept = {},
                  .seeds_added = seeds_added(loaded, plans),
                  .copies = copies,
                  .all_used = all_used};
  if (!plan) take_margin_of_environment(found.sweep);
  found.runs = plan ? planned_runs(loaded, *plan) : recorded_runs(loaded, plans);
  check_one_sweep(found.runs, found.sweep);
  if (plan) found.expected = expected_of(*plan);
  if (!from.keep.empty()) found.kept = kept_of(std::move(loaded), plans);
  return found;
}

}  // namespace xib
