#include "harness/gap/sweep_facts.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <string_view>

#include "harness/core/check.hpp"

namespace xib {
namespace {

constexpr std::string_view kOtherwise = "control.otherwise";

struct Leaf {
  std::string key;  // dotted
  const toml::node* node;
};

// The leaves of a table, in the order of the file (toml++ iterates by name).
std::vector<Leaf> leaves(const toml::table& table) {
  std::vector<Leaf> found;
  const auto walk = [&](const auto& self, const toml::table& t, const std::string& before) -> void {
    for (const auto& [key, node] : t) {
      const std::string dotted = before + std::string(key.str());
      if (const auto* inner = node.as_table())
        self(self, *inner, dotted + ".");
      else
        found.push_back({dotted, &node});
    }
  };
  walk(walk, table, "");
  std::stable_sort(found.begin(), found.end(), [](const Leaf& a, const Leaf& b) { return a.node->source().begin < b.node->source().begin; });
  return found;
}

// "train.nodes, train.lr" -> its two keys.
std::vector<std::string> single_keys(const std::string& key) {
  std::vector<std::string> single;
  for (std::size_t from = 0; from <= key.size();) {
    const std::size_t comma = std::min(key.find(',', from), key.size()), first = std::min(key.find_first_not_of(' ', from), comma);
    single.push_back(key.substr(first, comma - first));
    from = comma + 1;
  }
  return single;
}

// "train.nodes, train.lr" = [[16, 0.8], ...] varies two keys together.
void read_axes(const toml::table& sweep, SweepFacts& facts) {
  for (const auto& [key, node] : leaves(sweep)) {
    const auto keys = single_keys(key);
    facts.axes.insert(facts.axes.end(), keys.begin(), keys.end());
    const auto at = std::find(keys.begin(), keys.end(), kOtherwise);
    const auto* values = node->as_array();
    if (at == keys.end() || values == nullptr) continue;
    facts.otherwise.clear();
    for (const auto& value : *values) {
      const auto* row = value.as_array();
      const toml::node* cell = row == nullptr ? &value : row->get(static_cast<std::size_t>(at - keys.begin()));
      if (cell != nullptr) facts.otherwise.push_back(cell->value_or(std::string()));
    }
  }
}

void read_variant(const toml::table& variant, const std::string& where, SweepFacts& facts) {
  const auto name = variant["name"].value<std::string>();
  require(name.has_value(), "{}: a [[variant]] has no name (the table shows it): give it one", where);
  facts.variants.push_back(*name);
  if (variant["baseline"].value_or(false)) facts.baseline = *name;
  for (const auto& [key, node] : leaves(variant)) {
    if (key != "name" && key != "baseline") facts.variant_sets[*name].insert(key);
    if (key == kOtherwise) facts.variant_otherwise[*name] = node->value_or(std::string());
  }
}

// The text that an override line gives `key`; a shell leaves bare words of it: control.otherwise=rounds(2). Variables write __ for a dot.
std::optional<std::string> text_of(const std::string& line, std::string_view key) {
  const auto trimmed = [](std::string s) {
    s.erase(0, std::min(s.find_first_not_of(" \t"), s.size()));
    return s.substr(0, s.find_last_not_of(" \t") + 1);
  };
  const auto equals = std::min(line.find('='), line.size());
  std::string name = trimmed(line.substr(0, equals));
  if (const auto dot = name.find("__"); dot != std::string::npos) name.replace(dot, 2, ".");
  if (name != key) return std::nullopt;
  const std::string value = trimmed(line.substr(std::min(equals + 1, line.size())));
  if (!value.starts_with('\'') && !value.starts_with('"')) return value;
  try {
    return toml::parse("value = " + value)["value"].value<std::string>();
  } catch (const toml::parse_error&) {
    return std::nullopt;
  }
}

// Overrides are kept below the file as comments, those of the environment first: "# XIBENCH_DELTA=0.3", "# --set delta = 0.3". A comment further up is
// the author's.
void apply_overrides(const std::string& source, SweepFacts& facts) {
  constexpr std::string_view set_mark = "# --set ", variable_mark = "# XIBENCH_";
  std::vector<std::string> given;
  for (std::size_t at = 0; at < source.size();) {
    const std::size_t end = std::min(source.find('\n', at), source.size());
    std::string line = source.substr(at, end - at);
    at = end + 1;
    if (line.starts_with(set_mark)) {
      given.push_back(line.substr(set_mark.size()));
    } else if (line.starts_with(variable_mark)) {
      line.erase(0, variable_mark.size());
      const auto equals = std::min(line.find('='), line.size());
      std::transform(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(equals), line.begin(), [](unsigned char c) { return std::tolower(c); });
      given.push_back(line);
    } else if (!line.starts_with('#')) {
      given.clear();
    }
  }
  for (const auto& line : given) {
    if (const auto policy = text_of(line, kOtherwise)) facts.otherwise_override = *policy;
    toml::table set;
    try {
      set = toml::parse(line);
    } catch (const toml::parse_error&) {
      continue;  // the planner read it, so a value that is no TOML here is none of the three keys below
    }
    facts.delta = set["delta"].value<double>().value_or(facts.delta);
    facts.name = set["name"].value<std::string>().value_or(facts.name);
    if (const auto* seeds = set["seeds"].as_array()) {
      facts.seeds.clear();
      for (const auto& seed : *seeds) facts.seeds.push_back(seed.value_or(std::int64_t{0}));
    }
  }
}

}  // namespace

SweepFacts read_sweep_facts(const std::string& source, const std::string& where) {
  toml::table table;
  try {
    table = toml::parse(std::string_view(source), where);
  } catch (const toml::parse_error& error) {
    refuse("{}: the sweep file is not TOML at line {}: {}", where, error.source().begin.line, error.description());
  }
  SweepFacts facts;
  facts.name = table["name"].value_or(std::string());
  const auto delta = table["delta"];
  require(!delta || delta.is_number(), "{}: delta is not a number of points of accuracy", where);
  facts.delta = delta.value_or(0.0);
  if (const auto* seeds = table["seeds"].as_array())
    for (const auto& seed : *seeds) {
      require(seed.is_integer(), "{}: seeds holds something that is not a whole number", where);
      facts.seeds.push_back(seed.value_or(std::int64_t{0}));
    }
  facts.otherwise = {table["control"]["otherwise"].value_or(facts.otherwise.front())};
  if (const auto* sweep = table["sweep"].as_table()) read_axes(*sweep, facts);
  if (const auto* variants = table["variant"].as_array())
    for (const auto& variant : *variants)
      if (const auto* entry = variant.as_table()) read_variant(*entry, where, facts);
  apply_overrides(source, facts);
  return facts;
}

}  // namespace xib
