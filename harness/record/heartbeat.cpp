#include "harness/record/heartbeat.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <span>
#include <variant>

#include "harness/core/check.hpp"
#include "harness/core/nan.hpp"
#include "harness/core/paths.hpp"
#include "harness/core/text.hpp"
#include "harness/record/replace_file.hpp"

namespace xib {
namespace {

// THE list of members, for both directions.
struct Field {
  const char* name;
  std::variant<std::string Heartbeat::*, Standing Heartbeat::*, std::int64_t Heartbeat::*, double Heartbeat::*> member;
};
constexpr Field kFields[] = {
    {"run_id", &Heartbeat::run_id},
    {"variant", &Heartbeat::variant},
    {"state", &Heartbeat::state},
    {"error", &Heartbeat::error},
    {"seed", &Heartbeat::seed},
    {"step", &Heartbeat::step},
    {"steps", &Heartbeat::steps},
    {"loss", &Heartbeat::loss},
    {"consensus_distance", &Heartbeat::consensus_distance},
    {"samples_per_s", &Heartbeat::samples_per_s},
    {"eta_s", &Heartbeat::eta_s},
    {"host", &Heartbeat::host},
    {"slurm_job", &Heartbeat::slurm_job},
    {"updated", &Heartbeat::updated},
    {"pid", &Heartbeat::pid},
    {"updated_unix", &Heartbeat::updated_unix},
    {"processors", &Heartbeat::processors},
    {"attempts", &Heartbeat::attempts},
    {"core_seconds", &Heartbeat::core_seconds},
    {"energy_joules", &Heartbeat::energy_joules},
    {"gpu_joules", &Heartbeat::gpu_joules},
};

struct CostField {
  const char* name;
  std::variant<std::string AttemptCost::*, Standing AttemptCost::*, std::int64_t AttemptCost::*, double AttemptCost::*> member;
};
constexpr CostField kCostFields[] = {
    {"begun", &AttemptCost::begun},
    {"heard", &AttemptCost::heard},
    {"state", &AttemptCost::state},
    {"host", &AttemptCost::host},
    {"slurm_job", &AttemptCost::slurm_job},
    {"processors", &AttemptCost::processors},
    {"core_seconds", &AttemptCost::core_seconds},
    {"energy_joules", &AttemptCost::energy_joules},
    {"gpu_joules", &AttemptCost::gpu_joules},
};

void put(nlohmann::ordered_json& json, const char* name, const std::string& value) { json[name] = valid_utf8(value); }
void put(nlohmann::ordered_json& json, const char* name, Standing value) { json[name] = name_of(value); }
void put(nlohmann::ordered_json& json, const char* name, std::int64_t value) { json[name] = value; }
void put(nlohmann::ordered_json& json, const char* name, double value) {
  json[name] = std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);  // JSON has no NaN
}

template <class T>
void take(const nlohmann::json& json, T& value) {
  value = json.get<T>();
}
void take(const nlohmann::json& json, Standing& value) {
  const auto text = json.get<std::string>();
  const auto named = standing_named(text);
  if (!named) throw nlohmann::json::other_error::create(501, fmt::format("unknown state '{}'", text), &json);
  value = *named;
}
void take(const nlohmann::json& json, double& value) { value = json.is_null() ? kNaN : json.get<double>(); }

nlohmann::ordered_json json_of(const std::vector<AttemptCost>& attempts) {
  auto out = nlohmann::ordered_json::array();
  for (const auto& attempt : attempts) {
    nlohmann::ordered_json one = nlohmann::ordered_json::object();
    for (const auto& field : kCostFields) std::visit([&](auto member) { put(one, field.name, attempt.*member); }, field.member);
    out.push_back(std::move(one));
  }
  return out;
}

std::vector<AttemptCost> costs_of(const nlohmann::json& json) {
  std::vector<AttemptCost> attempts;
  for (const auto& one : json.get<std::vector<nlohmann::json>>()) {
    AttemptCost attempt;
    for (const auto& field : kCostFields)
      if (one.contains(field.name)) std::visit([&](auto member) { take(one.at(field.name), attempt.*member); }, field.member);
    attempts.push_back(std::move(attempt));
  }
  return attempts;
}

}  // namespace

std::string cost_json(const std::vector<AttemptCost>& attempts) { return json_of(attempts).dump(); }

std::vector<AttemptCost> costs_from_json(const std::string& text) { return costs_of(nlohmann::json::parse(text)); }

void write_heartbeat(const std::string& path, const Heartbeat& heartbeat, const Incarnation& by) {
  nlohmann::ordered_json json = {{"schema", "xibench-heartbeat"}, {"schema_version", 1}};
  for (const auto& field : kFields) std::visit([&](auto member) { put(json, field.name, heartbeat.*member); }, field.member);
  if (!heartbeat.costs.empty()) json["costs"] = json_of(heartbeat.costs);
  const std::string text = json.dump(2) + "\n";
  replace_file_quickly(path, ".new", {std::as_bytes(std::span(text))}, by);
}

std::optional<Heartbeat> read_heartbeat(const std::string& path) {
  const auto text = read_file_if_there(path, "move it away");
  if (!text || text->empty()) return std::nullopt;
  Heartbeat heartbeat;
  try {
    const auto json = nlohmann::json::parse(skip_byte_order_mark(*text));
    json.at("run_id");  // the one key that no heartbeat lacks
    for (const auto& field : kFields) {
      if (!json.contains(field.name)) continue;
      std::visit([&](auto member) { take(json.at(field.name), heartbeat.*member); }, field.member);
    }
    if (json.contains("costs")) heartbeat.costs = costs_of(json.at("costs"));
  } catch (const nlohmann::json::exception& error) {
    refuse("{} is not a heartbeat of a run: {}; remove it", path, error.what());
  }
  return heartbeat;
}

}  // namespace xib
