#include "harness/sweep/cells.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/core/check.hpp"

namespace xib {
namespace {

using nlohmann::json;

std::string as_text(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::vector<std::string> parts;
  for (const auto& item : value) parts.push_back(as_text(item));
  const bool alike = !parts.empty() && std::all_of(parts.begin(), parts.end(), [&](const auto& p) { return p == parts.front(); });
  return alike ? parts.front() : fmt::format("[{}]", fmt::join(parts, ", "));
}

void flatten(const json& value, const std::string& prefix, Settings& out) {
  for (const auto& [key, member] : value.items()) {
    if (member.is_object())
      flatten(member, prefix + key + ".", out);
    else
      out[prefix + key] = as_text(member);
  }
}

// "" where a configuration leaves a key out, because it has its default.
std::vector<std::string> values_of(const Settings& settings, const std::vector<std::string>& keys) {
  std::vector<std::string> values;
  for (const auto& key : keys) {
    const auto found = settings.find(key);
    values.push_back(found == settings.end() ? std::string() : found->second);
  }
  return values;
}

bool agree(const Settings& a, const Settings& b) {
  return std::ranges::all_of(a, [&](const auto& setting) {
    const auto other = b.find(setting.first);
    return other == b.end() || other->second == setting.second;
  });
}

}  // namespace

Settings settings_of(const std::string& config_json) {
  Settings settings;
  const json config = json::parse(config_json, nullptr, false);
  require(config.is_object(), "/config of a run file is not a JSON object");
  flatten(config, "", settings);
  return settings;
}

Cells::Cells(const Plan& plan) : keys_(plan.sweep.axes) {
  keys_.emplace_back("control.policy");  // what control.in_phase and control.otherwise have become
  for (const PlannedRun& run : plan.runs)
    for (std::size_t k = 0; k < run.variants.size(); ++k) {
      Settings settings = settings_of(run.canonical_json);
      auto values = values_of(settings, keys_);
      runs_[{run.variants[k], run.config.seed}].push_back({run.cells[k], std::move(values), std::move(settings)});
    }
}

std::optional<Axes> Cells::find(const std::string& variant, std::int64_t seed, const std::string& config_json, Others others) const {
  const auto runs = runs_.find({variant, seed});
  if (runs == runs_.end()) return std::nullopt;
  const Settings settings = settings_of(config_json);
  const auto values = values_of(settings, keys_);
  const auto found = std::find_if(runs->second.begin(), runs->second.end(),
                                  [&](const Planned& run) { return run.values == values && (others == Others::any || agree(run.settings, settings)); });
  return found == runs->second.end() ? std::nullopt : std::optional(found->cell);
}

}  // namespace xib
