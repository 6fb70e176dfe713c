#include "harness/gap/finished_run.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>

#include "harness/core/check.hpp"
#include "harness/core/term.hpp"

namespace xib {
namespace {

using nlohmann::json;

std::string as_text(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::vector<std::string> parts;
  for (const auto& item : value) parts.push_back(as_text(item));
  const bool alike = !parts.empty() && std::all_of(parts.begin(), parts.end(), [&](const auto& p) { return p == parts.front(); });
  return alike ? parts.front() : fmt::format("[{}]", fmt::join(parts, ", "));  // a value for every phase reads as one value
}

void flatten(const json& value, const std::string& prefix, Settings& out) {
  for (const auto& [key, member] : value.items()) {
    if (member.is_object())
      flatten(member, prefix + key + ".", out);
    else
      out[prefix + key] = as_text(member);
  }
}

bool of_mixing(const std::string& key) { return key.starts_with("topology.") || key.starts_with("control."); }

bool sets(const SweepFacts& facts, const std::string& variant, const std::string& key) {
  const auto found = facts.variant_sets.find(variant);
  return found != facts.variant_sets.end() && found->second.count(key) > 0;
}

// Keys whose value follows from others, or which the sweep varies on purpose.
bool may_differ(const std::string& key, const SweepFacts& facts) {
  if (key == "seed" || key == "train.phases" || of_mixing(key)) return true;
  if (std::count(facts.axes.begin(), facts.axes.end(), key) > 0) return true;
  return std::any_of(facts.variants.begin(), facts.variants.end(), [&](const auto& v) { return sets(facts, v, key); });
}

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

// The same policy in two spellings: target(0.50) and target(0.5).
bool same_policy(const std::string& a, const std::string& b) {
  const Term one = Term::parse(a), other = Term::parse(b);
  const auto same = [](const Argument& x, const Argument& y) {
    const auto number = [](const std::string& text) {
      char* end = nullptr;
      const double value = std::strtod(text.c_str(), &end);
      return end == text.c_str() + text.size() && !text.empty() ? std::optional(value) : std::nullopt;
    };
    return x.name == y.name && (x.text == y.text || (number(x.text) && number(x.text) == number(y.text)));
  };
  return one.name == other.name && std::equal(one.arguments.begin(), one.arguments.end(), other.arguments.begin(), other.arguments.end(), same);
}

// What control.otherwise may have been in a run of the variant. An override beats a variant, and that the axis or the file.
std::vector<std::string> otherwise_of(const SweepFacts& facts, const std::string& variant) {
  if (!facts.otherwise_override.empty()) return {facts.otherwise_override};
  const auto own = facts.variant_otherwise.find(variant);
  return own == facts.variant_otherwise.end() ? facts.otherwise : std::vector{own->second};
}

// [exact, fraction(0.5), exact] -> control.in_phase 2, control.policy fraction(0.5), control.otherwise exact.
void restore_in_phase(const std::string& config_json, const SweepFacts& facts, const std::string& variant, Settings& settings) {
  const auto list = json::parse(config_json)["/control/policy"_json_pointer];
  std::vector<std::string> policies;
  for (std::size_t k = 0; list.is_array() && k < list.size(); ++k) policies.push_back(as_text(list[k]));
  settings["control.otherwise"] = kAnyValue;  // it has no effect in a list that says every phase itself
  for (const std::string& otherwise : otherwise_of(facts, variant)) {
    std::vector<std::size_t> special;
    for (std::size_t k = 0; k < policies.size(); ++k)
      if (!same_policy(policies[k], otherwise)) special.push_back(k);
    if (special.size() > 1) continue;
    settings["control.in_phase"] = special.empty() ? kAnyValue : std::to_string(special.front() + 1);
    settings["control.policy"] = special.empty() ? otherwise : policies[special.front()];
    if (!sets(facts, variant, "control.in_phase") || !special.empty()) settings["control.otherwise"] = otherwise;
    return;
  }
}

}  // namespace

Settings settings_of(const std::string& config_json) {
  Settings settings;
  const json config = json::parse(config_json, nullptr, false);
  require(config.is_object(), "/config of a run file is not a JSON object");
  flatten(config, "", settings);
  return settings;
}

Axes axes_of(const std::string& config_json, const SweepFacts& facts, const std::string& variant) {
  auto settings = settings_of(config_json);
  const bool by_phase =
      std::any_of(facts.axes.begin(), facts.axes.end(), [](const auto& key) { return key == "control.in_phase" || key == "control.otherwise"; });
  if (by_phase) restore_in_phase(config_json, facts, variant, settings);
  Axes axes;
  for (const auto& key : facts.axes) {
    const auto found = settings.find(key);
    axes.emplace_back(key, found == settings.end() || sets(facts, variant, key) ? kAnyValue : found->second);
  }
  return axes;
}

void check_one_sweep(const std::vector<FinishedRun>& runs, const SweepFacts& facts) {
  if (runs.empty()) return;
  constexpr const char* remedy = "keep the runs of one version of the sweep file here, or name that file with --sweep";
  std::map<std::tuple<std::string, std::int64_t, Axes>, const FinishedRun*> seen;
  const auto first = settings_of(runs.front().config_json);
  for (const auto& run : runs) {
    const auto settings = settings_of(run.config_json);
    if (const auto differs = first_difference(first, settings, [&](const auto& key) { return may_differ(key, facts); })) {
      const auto& [key, one, other] = *differs;
      refuse("{} has {} = {}, but {} has {} (two versions of sweep '{}' in one table): {}", runs.front().path, key, one, run.path, other, facts.name, remedy);
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
