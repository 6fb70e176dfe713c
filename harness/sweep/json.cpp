#include "harness/sweep/json.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/core/check.hpp"
#include "harness/core/hash.hpp"
#include "harness/core/text.hpp"
#include "harness/sweep/fields.hpp"
#include "harness/sweep/plan.hpp"

namespace xib {
namespace {

std::string json(const Value& value) {
  struct {
    std::string operator()(std::int64_t v) const { return fmt::format("{}", v); }
    std::string operator()(double v) const {
      if (!std::isfinite(v)) fail("a configuration holds {}, which JSON cannot represent", v);
      return json_number(v == 0 ? 0.0 : v);
    }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(const std::string& v) const { return json_string(v); }
    std::string operator()(const std::vector<std::string>& v) const {
      std::vector<std::string> items;
      for (const auto& item : v) items.push_back(json_string(item));
      return fmt::format("[{}]", fmt::join(items, ","));
    }
    std::string operator()(const std::vector<std::int64_t>& v) const { return fmt::format("[{}]", fmt::join(v, ",")); }
  } write;
  return std::visit(write, value);
}

std::int64_t integer(const nlohmann::json& json) {
  if (!json.is_number_integer()) throw nlohmann::json::type_error::create(302, "not a whole number", &json);  // get<> would truncate
  return json.get<std::int64_t>();
}

Value from_json(const Field& field, const nlohmann::json& json) {
  switch (field.kind) {
    case Kind::integer:
      return integer(json);
    case Kind::number:
      return json.get<double>();
    case Kind::flag:
      return json.get<bool>();
    case Kind::text:
    case Kind::term:
      return json.get<std::string>();
    case Kind::terms:
    case Kind::texts:
      return json.get<std::vector<std::string>>();
    case Kind::integers: {
      std::vector<std::int64_t> integers;
      for (const auto& item : json.get<std::vector<nlohmann::json>>()) integers.push_back(integer(item));
      return integers;
    }
  }
  fail("field {} has an unknown kind", field.key);
}

void read(RunConfig& config, const nlohmann::json& object, const std::string& prefix) {
  for (const auto& [name, value] : object.items()) {
    const std::string key = prefix + name;
    const Field* field = find_field(key);
    if (!field && value.is_object() && prefix.empty()) {
      read(config, value, key + ".");
      continue;
    }
    require(field, "the configuration of a run has the key '{}', which this version does not know; use the version of xibench that wrote it", key);
    try {
      put(*field, config, from_json(*field, value));
    } catch (const nlohmann::json::exception&) {
      refuse("the configuration of a run has {} = {}, which is not {}; the file was changed by hand?", key, value.dump(), expected(field->kind));
    }
  }
}

}  // namespace

std::string json_string(std::string_view text) {
  const auto plain = [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; };
  if (std::all_of(text.begin(), text.end(), plain)) return fmt::format("\"{}\"", text);
  return nlohmann::json(valid_utf8(text)).dump();
}

std::string json_number(double value) { return std::isfinite(value) ? fmt::format("{}", value) : "null"; }

// Objects nest as the tables of the sweep file do. kRunFields is in the order of its keys, so the output is too.
std::string canonical_json(const RunConfig& config) {
  static const RunConfig kDefaults;
  std::string out = "{", group;
  for (const Field& field : run_fields()) {
    if (field.optional && get(field, config) == get(field, kDefaults)) continue;
    const auto dot = field.key.find('.');
    const std::string_view table = dot == std::string_view::npos ? "" : field.key.substr(0, dot);
    if (table != group) {
      if (!group.empty()) out += '}';
      if (out.size() > 1) out += ',';
      if (!table.empty()) out += json_string(table) + ":{";
      group = table;
    } else if (out.back() != '{') {
      out += ',';
    }
    out += json_string(dot == std::string_view::npos ? field.key : field.key.substr(dot + 1)) + ":" + json(get(field, config));
  }
  return out + (group.empty() ? "}" : "}}");
}

std::string run_id_of(std::string_view canonical_json) { return sha256(fmt::format("xibench science {}\n{}", kScienceVersion, canonical_json)).substr(0, 16); }
std::string run_id(const RunConfig& config) { return run_id_of(canonical_json(config)); }

RunConfig config_from_json(const std::string& json) {
  RunConfig config;
  const auto object = nlohmann::json::parse(json, nullptr, false);
  require(object.is_object(), "the configuration of a run is not a JSON object; the file was changed by hand?");
  read(config, object, "");
  return config;
}

}  // namespace xib
