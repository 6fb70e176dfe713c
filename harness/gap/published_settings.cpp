#include "harness/gap/published_settings.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <sstream>

#include "harness/core/check.hpp"
#include "harness/core/paths.hpp"
#include "reference/published.hpp"

namespace xib {
namespace {

constexpr std::string_view kAssumed = "assumed";  // of settings only: not known of the paper, what our sweep takes
constexpr std::string_view kNodes = "nodes.";     // nodes.<n>.train.lr

std::vector<std::string> known_statuses() {
  std::vector<std::string> known{std::string(kAssumed)};
  for (const auto& status : reference::published_statuses()) known.emplace_back(status.name);
  return known;
}

std::string as_json(const toml::table& table) {
  std::ostringstream out;
  out << toml::json_formatter{table};
  return out.str();
}

void add_section(const std::string& status, const toml::table& section, PublishedSettings& settings) {
  for (const auto& [key, value] : settings_of(as_json(section))) {
    const std::size_t after = key.starts_with(kNodes) ? key.find('.', kNodes.size()) : std::string::npos;
    const std::string setting = after == std::string::npos ? key : key.substr(after + 1);
    Settings& place = setting == key ? settings.values : settings.of_nodes[key.substr(kNodes.size(), after - kNodes.size())];
    const bool fresh = place.emplace(setting, value).second && (setting != key || !settings.statuses.contains(setting));
    require(fresh, "{}: {} is stated twice", settings.path, setting);
    settings.statuses[setting] = status;
  }
}

PublishedSettings read_settings(const std::string& path) {
  toml::table table;
  try {
    table = toml::parse(read_file(path, "keep settings files there only"), path);
  } catch (const toml::parse_error& error) {
    refuse("{}: no TOML at line {}: {}", path, error.source().begin.line, error.description());
  }
  PublishedSettings settings{.path = path, .tables = {}, .values = {}, .of_nodes = {}, .statuses = {}};
  const auto known = known_statuses();
  for (const auto& [name, node] : table) {
    const std::string key(name.str());
    if (key == "tables") continue;
    require(node.is_table() && std::count(known.begin(), known.end(), key) == 1,
            "{}: '{}' is not a status (a section is named by the status of its settings); known: {}", path, key, fmt::join(known, ", "));
    add_section(key, *node.as_table(), settings);
  }
  if (const auto* tables = table["tables"].as_array())
    for (const auto& name : *tables) settings.tables.push_back(name.value_or(std::string()));
  require(!settings.tables.empty(), "{}: tables = [\"...\"] must name the tables that were made with these settings", path);
  return settings;
}

std::optional<double> as_number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

bool same_value(const std::string& a, const std::string& b) {
  const auto x = as_number(a), y = as_number(b);
  return x && y ? *x == *y : a == b;
}

bool of_training(const std::string& key) {
  if (key == "train.algorithm" || key == "train.nodes" || key == "train.device") return false;
  return key.starts_with("data.") || key.starts_with("model.") || key.starts_with("train.");
}

bool of_mixing(const std::string& key) { return key.starts_with("topology.") || key.starts_with("control."); }

}  // namespace

std::vector<PublishedSettings> read_published_settings(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& name : names_in(folder, "name the folder of the published tables"))
    if (name.ends_with(".toml")) files.push_back(folder + "/" + name);
  std::vector<PublishedSettings> all;
  std::set<std::string> tables;
  for (const auto& file : files) {
    all.push_back(read_settings(file));
    for (const auto& table : all.back().tables) require(tables.insert(table).second, "{}: table '{}' has its settings already", file, table);
  }
  return all;
}

std::optional<std::string> differing_setting(const PublishedSettings& settings, const std::string& config_json) {
  const Settings config = settings_of(config_json);
  const auto value = [&](const std::string& key) {
    const auto found = config.find(key);
    return found == config.end() ? std::string() : found->second;
  };
  Settings stated = settings.values;
  if (!settings.of_nodes.empty()) {
    const auto found = settings.of_nodes.find(value("train.nodes"));
    if (found == settings.of_nodes.end()) return "train.nodes";
    stated.insert(found->second.begin(), found->second.end());
  }
  Settings keys = stated;
  keys.insert(config.begin(), config.end());
  const bool mixes = value("train.algorithm") != "centralized";
  for (const auto& [key, unused] : keys) {
    const auto wanted = stated.find(key);
    if (wanted == stated.end() ? !of_training(key) : of_mixing(key) && !mixes) continue;
    if (wanted == stated.end() || !config.contains(key) || !same_value(wanted->second, value(key))) return key;
  }
  return std::nullopt;
}

}  // namespace xib
