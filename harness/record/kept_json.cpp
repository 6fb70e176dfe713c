#include "harness/record/kept_json.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>

#include "harness/core/hash.hpp"
#include "harness/core/text.hpp"
#include "harness/record/columns.hpp"

namespace xib {
namespace {

using Json = nlohmann::ordered_json;

// JSON has neither NaN nor infinities: null, and a text.
Json number(double value) {
  if (std::isnan(value)) return nullptr;
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  const bool whole = std::abs(value) < 0x1p53 && value == std::trunc(value) && !(value == 0 && std::signbit(value));
  return whole ? Json(static_cast<std::int64_t>(value)) : Json(value);  // 100 is shorter than 100.0
}
double number_of(const Json& json) {
  if (json.is_null()) return kNaN;
  if (json == "inf" || json == "-inf") return json == "inf" ? kInfinity : -kInfinity;
  return json.get<double>();
}

template <class T>
Json value(const T& value) {
  if constexpr (std::is_same_v<T, double>) return number(value);
  if constexpr (std::is_same_v<T, std::string>) return valid_utf8(value);
  if constexpr (std::is_integral_v<T>) return value;
}
template <class T>
void take(const Json& json, T& value) {
  if constexpr (std::is_same_v<T, double>)
    value = number_of(json);
  else
    value = json.get<T>();
}

template <class Pairs>
Json texts(const Pairs& pairs) {
  Json out = Json::object();
  for (const auto& [name, text] : pairs) out[valid_utf8(name)] = valid_utf8(text);
  return out;
}

Json metrics_json(const std::vector<Metric>& metrics) {
  Json list = Json::array();
  for (const Metric& m : metrics) list.push_back({m.name, m.unit, m.better, m.description});
  return list;
}

template <class Row, std::size_t N>
Json row_json(const Row& row, const Column<Row> (&columns)[N]) {
  Json out = Json::object();
  for (const auto& column : columns) with_member(column, [&](auto member, auto) { out[std::string(column.name)] = value(row.*member); });
  return out;
}

PhaseRow phase_of(const Json& json) {
  PhaseRow row;
  for (const auto& column : kPhaseColumns)
    if (const std::string name(column.name); column.presence == Presence::always || json.contains(name))
      with_member(column, [&](auto member, auto) { take(json.at(name), row.*member); });
  return row;
}

// What the two of one run must share; times and machines may differ.
constexpr std::array kScienceKeys = {"outcome", "config", "metrics", "summary", "traffic", "phases", "evaluations"};
bool may_differ(const std::string& key) { return key == "wall_s" || key == "throughput_samples_per_s"; }

// Keys that only one of them has do not count: another version wrote it.
std::string difference(const Json& a, const Json& b, const std::string& key) {
  if (!a.is_object() || !b.is_object()) return a == b ? "" : key;
  for (const auto& [name, member] : a.items())
    if (!may_differ(name) && b.contains(name))
      if (const std::string found = difference(member, b.at(name), key + "." + name); !found.empty()) return found;
  return "";
}

}  // namespace

std::string source_name(const std::string& source) { return sha256(valid_utf8(source)).substr(0, 16); }

std::string entry_checksum(const Json& entry) {
  Json rest = entry;
  rest.erase("checksum");
  return sha256(rest.dump()).substr(0, 16);
}

Json json_of(const KeptRun& run) {
  const RunHeader& header = run.header;
  Json out = {{"id", header.run_id},
              {"sweep", valid_utf8(header.name)},
              {"variant", valid_utf8(header.variant)},
              {"cell", texts(run.cell)},
              {"seed", header.seed},
              {"outcome", name_of(header.outcome)},
              {"science_digest", run.science_digest},
              {"final_model_sha256", header.final_model_sha256},
              {"config", Json::parse(header.config_json)},
              {"metrics", metrics_json(run.metrics)},
              {"summary", Json::object()},
              {"traffic", {{"messages", number(run.messages)}, {"serial_messages", number(run.serial_messages)}, {"serial_bytes", number(run.serial_bytes)}}},
              {"phases", Json::array()},
              {"evaluations", Json::object()},
              {"provenance", texts(run.provenance)},
              {"source", source_name(header.config_source)}};
  if (!std::isnan(run.decision_messages))
    out["traffic"].update({{"decision_messages", number(run.decision_messages)}, {"decision_bytes", number(run.decision_bytes)}});
  for_each_entry(header.summary, [&](const std::string& name, const auto& entry) { out["summary"][name] = value(entry); });
  for (const auto& phase : header.phases) out["phases"].push_back(row_json(phase, kPhaseColumns));
  for (const auto& [name, column] : run.evaluations) {
    Json values = Json::array();
    for (const double x : column) values.push_back(number(x));
    out["evaluations"][name] = std::move(values);
  }
  out["checksum"] = entry_checksum(out);
  return out;
}

KeptRun kept_run_of(const Json& json) {
  KeptRun run;
  RunHeader& header = run.header;
  header.run_id = json.at("id"), header.name = json.at("sweep"), header.variant = json.at("variant"), header.seed = json.at("seed");
  const auto outcome = standing_named(json.at("outcome").get<std::string>());
  if (!outcome || !has_result(*outcome)) throw Json::other_error::create(501, "outcome is neither finished nor diverged", &json);
  header.outcome = *outcome;
  run.science_digest = json.at("science_digest"), header.final_model_sha256 = json.at("final_model_sha256");
  if (!json.at("config").is_object()) throw Json::type_error::create(302, "config is no object", &json);
  header.config_json = json.at("config").dump();
  for (const auto& m : json.at("metrics")) run.metrics.push_back({m.at(0), m.at(1), m.at(2), m.at(3)});
  if (run.metrics.empty()) throw Json::other_error::create(501, "metrics lists none", &json);
  for (const auto& phase : json.at("phases")) header.phases.push_back(phase_of(phase));
  header.summary = summary_of(run.metrics);
  header.summary.mean_consensus_distance_phase.resize(header.phases.size());
  for_each_entry(header.summary, [&](const std::string& name, auto& entry) { take(json.at("summary").at(name), entry); });
  const Json& traffic = json.at("traffic");
  take(traffic.at("messages"), run.messages), take(traffic.at("serial_messages"), run.serial_messages), take(traffic.at("serial_bytes"), run.serial_bytes);
  if (traffic.contains("decision_messages"))
    take(traffic.at("decision_messages"), run.decision_messages), take(traffic.at("decision_bytes"), run.decision_bytes);
  for (const auto& [name, column] : json.at("evaluations").items()) {
    auto& values = run.evaluations.emplace_back(name, std::vector<double>()).second;
    for (const auto& x : column) values.push_back(number_of(x));
  }
  for (const auto& [name, text] : json.at("cell").items()) run.cell.emplace_back(name, text.get<std::string>());
  for (const auto& [name, text] : json.at("provenance").items()) run.provenance.emplace_back(name, text.get<std::string>());
  return run;
}

std::string difference_in_science(const KeptRun& a, const KeptRun& b) {
  if (a.science_digest != b.science_digest) return "science_digest";
  const Json one = json_of(a), other = json_of(b);
  for (const char* key : kScienceKeys)
    if (const std::string found = difference(one.at(key), other.at(key), key); !found.empty()) return found;
  return "";
}

}  // namespace xib
