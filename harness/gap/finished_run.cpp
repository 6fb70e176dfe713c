#include "harness/gap/finished_run.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <tuple>

#include "harness/core/check.hpp"

namespace xib {
namespace {

bool of_mixing(const std::string& key) { return key.starts_with("topology.") || key.starts_with("control."); }

// Keys whose value follows from others, or which the sweep varies on purpose.
bool may_differ(const std::string& key, const Sweep& sweep) { return key == "seed" || key == "train.phases" || of_mixing(key) || sweep.varied.contains(key); }

// The first key, in alphabetical order, by which two configurations differ, and its two values.
std::optional<std::tuple<std::string, std::string, std::string>> first_difference(const Settings& a, const Settings& b,
                                                                                  const std::function<bool(const std::string&)>& ignored) {
  const auto value = [](const auto& settings, const std::string& key) {
    const auto found = settings.find(key);
    return found == settings.end() ? std::string("nothing") : found->second;
  };
  Settings keys = a;
  keys.insert(b.begin(), b.end());
  for (const auto& [key, unused] : keys)
    if (!ignored(key) && value(a, key) != value(b, key)) return std::tuple(key, value(a, key), value(b, key));
  return std::nullopt;
}

}  // namespace

void check_one_sweep(const std::vector<FinishedRun>& runs, const Sweep& sweep) {
  if (runs.empty()) return;
  constexpr const char* remedy = "keep the runs of one version of the sweep file here, or name that file with --sweep";
  std::map<std::tuple<std::string, std::int64_t, Axes>, const FinishedRun*> seen;
  const auto first = settings_of(runs.front().config_json);
  for (const auto& run : runs) {
    require(run.metric == runs.front().metric, "{} is measured by {} ({}), but {} by {} ({}): a table has one metric; give the runs of one task",
            runs.front().path, runs.front().metric.label(), runs.front().metric.unit, run.path, run.metric.label(), run.metric.unit);
    const auto settings = settings_of(run.config_json);
    if (const auto differs = first_difference(first, settings, [&](const auto& key) { return may_differ(key, sweep); })) {
      const auto& [key, one, other] = *differs;
      refuse("{} has {} = {}, but {} has {} (two versions of sweep '{}' in one table): {}", runs.front().path, key, one, run.path, other, sweep.name, remedy);
    }
    const auto [at, added] = seen.emplace(std::tuple(run.variant, run.seed, run.axes), &run);
    if (added) continue;
    const auto differs = first_difference(settings_of(at->second->config_json), settings, [](const auto&) { return false; });
    const auto [key, one, other] = differs.value_or(std::tuple("science version", "one", "another"));
    refuse("{} and {} both claim variant '{}', seed {} (they differ in {}: {} and {}): {}", at->second->path, run.path, run.variant, run.seed, key, one, other,
           remedy);
  }
}

}  // namespace xib
