#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/gap/gap_table.hpp"

namespace xib {
namespace {

using json = nlohmann::ordered_json;

json number(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }
json numbers(const std::vector<double>& values) {
  json list = json::array();
  for (const double value : values) list.push_back(number(value));
  return list;
}
json interval(const Interval& i) { return {number(i.low), number(i.high)}; }

json axes_json(const Axes& axes) {
  json object = json::object();
  for (const auto& [key, value] : axes) object[key] = value;
  return object;
}

json run_json(const FinishedRun& run) {
  return {{"seed", run.seed},
          {"id", run.id},
          {"path", run.path},
          {"outcome", run.diverged ? "diverged" : "finished"},
          {"accuracy", number(run.accuracy)},
          {"accuracy_nodes_mean", number(run.accuracy_nodes_mean)},
          {"accuracy_nodes_min", number(run.accuracy_nodes_min)},
          {"rounds", run.rounds},
          {"bytes_sent", run.bytes_sent},
          {"gauge_bytes_sent", run.gauge_bytes_sent},
          {"gauge_bytes_to_decide", number(run.decision_bytes_sent)},
          {"target_missed_steps", run.target_missed_steps},
          {"wall_s", number(run.wall_s)},
          {"max_distance", numbers(run.distance_max)}};
}

json paired_json(const Paired& paired) {
  return {{"pairs", paired.difference.n},
          {"mean", number(paired.difference.mean)},
          {"sd", number(paired.difference.sd)},
          {"interval_95", interval(paired.interval_95)},
          {"interval_90", interval(paired.interval_90)},
          {"rho", number(paired.rho)},
          {"verdict", name(paired.verdict)},
          {"why", paired.why}};
}

json published_json(const char* key, const std::optional<PublishedValue>& published) {
  if (!published) return nullptr;
  return {
      {key, number(published->value)}, {"spread", number(published->spread)}, {"status", published->status}, {"source", published->source}};
}

json row_json(const GapRow& row) {
  json out{{"variant", row.variant},
           {"baseline", row.is_baseline},
           {"diverged", row.diverged},
           {"accuracy", {{"n", row.accuracy.n}, {"mean", number(row.accuracy.mean)}, {"sd", number(row.accuracy.sd)}}},
           {"accuracy_nodes_mean", number(row.accuracy_nodes_mean)},
           {"accuracy_nodes_min", number(row.accuracy_nodes_min)},
           {"truncated_runs", row.diverged},
           {"rounds", number(row.rounds)},
           {"bytes_sent", number(row.bytes_sent)},
           {"gauge_bytes_sent", number(row.gauge_bytes_sent)},
           {"gauge_bytes_to_decide", number(row.gauge_bytes_to_decide)},
           {"gauge_bytes_to_record", number(row.gauge_bytes_to_record)},
           {"target_missed_steps", row.target_missed_steps},
           {"wall_s", number(row.wall_s)},
           {"max_distance", numbers(row.distance_max)},
           {"difference", row.paired ? paired_json(*row.paired) : json(nullptr)},
           {"published", published_json("accuracy", row.published.accuracy)},
           {"published_difference", published_json("difference", row.published.difference)},
           {"runs", json::array()}};
  for (const auto& run : row.runs) out["runs"].push_back(run_json(run));
  return out;
}

}  // namespace

std::string gap_json(const GapTable& table) {
  json out{{"schema", "xibench-gap"},
           {"schema_version", 1},
           {"units",
            {{"accuracy", "percent"},
             {"difference", "points"},
             {"bytes_sent", "B"},
             {"gauge_bytes_sent", "B"},
             {"wall_s", "s"},
             {"rounds", "1"}}},
           {"sweep", table.sweep},
           {"baseline", table.baseline.empty() ? json(nullptr) : json(table.baseline)},
           {"delta", table.delta > 0 ? json(table.delta) : json(nullptr)},
           {"resolution", nullptr},
           {"groups", json::array()},
           {"missing", json::array()}};
  if (table.resolution)
    out["resolution"] = {
        {"seeds", table.resolution->seeds},
        {"sd", number(table.resolution->sd)},
        {"half_width_95", number(table.resolution->half_width)},
        {"seeds_for_delta", table.resolution->seeds_for_delta > 0 ? json(table.resolution->seeds_for_delta) : json(nullptr)}};
  for (const auto& group : table.groups) {
    json rows = json::array();
    for (const auto& row : group.rows) rows.push_back(row_json(row));
    out["groups"].push_back({{"axes", axes_json(group.axes)}, {"rows", std::move(rows)}});
  }
  for (const auto& run : table.missing)
    out["missing"].push_back({{"axes", axes_json(run.axes)}, {"variant", run.variant}, {"seed", run.seed}});
  return out.dump(2) + "\n";
}

}  // namespace xib
