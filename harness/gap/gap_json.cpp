#include <cmath>

#include "harness/core/text.hpp"
#include "harness/gap/gap_table.hpp"
#include "harness/gap/json_values.hpp"

namespace xib {
namespace {

json numbers(const std::vector<double>& values) {
  json list = json::array();
  for (const double value : values) list.push_back(number(value));
  return list;
}
json interval(const ConfidenceInterval& i) { return {number(i.low), number(i.high)}; }

json traffic_json(const RunTraffic& traffic) {
  return {{"messages", number(traffic.messages)}, {"serial_messages", number(traffic.serial_messages)}, {"serial_bytes", number(traffic.serial_bytes)}};
}

// Accuracies are called as they were when there was nothing else; other metrics by their own names.
std::string worst_of(const Metric& metric) { return metric.name + (metric.higher_is_better() ? "_nodes_min" : "_nodes_max"); }

json run_json(const FinishedRun& run) {
  return {{"seed", run.seed},
          {"id", text(run.id)},
          {"path", text(run.path)},
          {"outcome", run.diverged ? "diverged" : "finished"},
          {run.metric.name, number(run.score)},
          {run.metric.name + "_nodes_mean", number(run.score_nodes_mean)},
          {worst_of(run.metric), number(run.score_nodes_worst)},
          {"rounds", run.rounds},
          {"bytes_sent", run.bytes_sent},
          {"traffic", traffic_json(run.traffic)},
          {"gauge_bytes_sent", run.gauge_bytes_sent},
          {"gauge_bytes_to_decide", number(run.decision_bytes_sent)},
          {"target_missed_steps", run.target_missed_steps},
          {"wall_s", number(run.wall_s)},
          {"max_distance", numbers(run.distance_max)},
          {"look", run.look.empty() ? json(nullptr) : text(run.look)}};
}

json paired_json(const Paired& paired) {
  return {{"pairs", paired.difference.n},
          {"look", paired.look > 0 ? json(paired.look) : json(nullptr)},
          {"mean", number(paired.difference.mean)},
          {"sd", number(paired.difference.sd)},
          {"interval_95", interval(paired.interval)},
          {"rho", number(paired.rho)},
          {"worse", std::isfinite(paired.difference.mean) ? json(paired.worse) : json(nullptr)},
          {"verdict", name(paired.verdict)},
          {"why", text(paired.why)},
          {"p", number(paired.p)},
          {"p_table", number(paired.p_table)},
          {"verdict_of_table", name(verdict_of_table(paired))}};
}

json published_json(const char* key, const std::optional<PublishedValue>& published) {
  if (!published) return nullptr;
  return {{key, number(published->value)}, {"spread", number(published->spread)}, {"status", text(published->status)}, {"source", text(published->source)}};
}

json row_json(const GapRow& row, const GapTable& table) {
  const Metric& metric = table.metric;
  json out{{"variant", text(row.variant)},
           {"baseline", row.is_baseline},
           {"diverged", row.diverged},
           {metric.name, {{"n", row.score.n}, {"mean", number(row.score.mean)}, {"sd", number(row.score.sd)}}},
           {metric.name + "_nodes_mean", number(row.score_nodes_mean)},
           {worst_of(metric), number(row.score_nodes_worst)},
           {"truncated_runs", row.diverged},
           {"rounds", number(row.rounds)},
           {"bytes_sent", number(row.bytes_sent)},
           {"traffic", traffic_json(row.traffic)},
           {"modelled_s", number(modelled_seconds(row.traffic, table.network))},
           {"gauge_bytes_sent", number(row.gauge_bytes_sent)},
           {"gauge_bytes_to_decide", number(row.gauge_bytes_to_decide)},
           {"gauge_bytes_to_record", number(row.gauge_bytes_to_record)},
           {"target_missed_steps", row.target_missed_steps},
           {"wall_s", number(row.wall_s)},
           {"max_distance", numbers(row.distance_max)},
           {"distance_gauge", row.gauge.empty() ? json(nullptr) : text(row.gauge)},
           {"distance_measured_every", row.measure_every},
           {"difference", row.paired ? paired_json(*row.paired) : json(nullptr)},
           {"published", published_json("accuracy", row.published.accuracy)},
           {"published_difference", published_json("difference", row.published.difference)},
           {"runs", json::array()}};
  for (const auto& run : row.runs) out["runs"].push_back(run_json(run));
  return out;
}

json contrast_json(const GapContrast& contrast) {
  json out{{"arm", text(contrast.arm)},
           {"against", text(contrast.against)},
           {"diverged", contrast.diverged},
           {"difference", paired_json(contrast.paired)},
           {"share", nullptr}};
  if (const auto& share = contrast.share)
    out["share"] = {{"pairs", share->pairs}, {"estimate", number(share->estimate)}, {"interval_95", interval(share->interval)}, {"why", text(share->why)}};
  return out;
}

json looks_json(const Looks& looks) {
  json list = json::array();
  for (int look = 1; look <= looks.size(); ++look)
    list.push_back({{"seeds", looks.pairs()[static_cast<std::size_t>(look - 1)]}, {"level", number(looks.level(look))}});
  return list;
}

}  // namespace

std::string gap_json(const GapTable& table) {
  json out{
      {"schema", "xibench-gap"},
      {"schema_version", 2},
      {"units",
       {{table.metric.name, table.metric.unit},
        {"difference", table.metric.unit == "percent" ? "points" : table.metric.unit},
        {"bytes_sent", "B"},
        {"gauge_bytes_sent", "B"},
        {"wall_s", "s"},
        {"modelled_s", "s"},
        {"rounds", "1"}}},
      {"sweep", text(table.sweep)},
      {"baseline", table.baseline.empty() ? json(nullptr) : text(table.baseline)},
      {"metric", {{"name", table.metric.name}, {"unit", table.metric.unit}, {"better", table.metric.better}, {"description", text(table.metric.description)}}},
      {"delta", table.delta > 0 ? json(table.delta) : json(nullptr)},
      {"delta_from", table.delta_from.empty() ? json(nullptr) : text(table.delta_from)},
      {"looks", looks_json(table.looks)},
      {"seeds_added", table.seeds_added},
      {"network", {{"latency_s", table.network.latency_s}, {"bandwidth_bytes_per_s", table.network.bandwidth}}},
      {"copies_left_out", table.copies},
      {"resolution", nullptr},
      {"groups", json::array()},
      {"missing", json::array()}};
  if (table.resolution)
    out["resolution"] = {{"seeds", table.resolution->seeds},
                         {"sd", number(table.resolution->sd)},
                         {"half_width_95", number(table.resolution->half_width)},
                         {"seeds_for_delta", table.resolution->seeds_for_delta > 0 ? json(table.resolution->seeds_for_delta) : json(nullptr)}};
  for (const auto& group : table.groups) {
    json rows = json::array();
    for (const auto& row : group.rows) rows.push_back(row_json(row, table));
    json contrasts = json::array();
    for (const auto& contrast : group.contrasts) contrasts.push_back(contrast_json(contrast));
    out["groups"].push_back({{"axes", axes_json(group.axes)}, {"rows", std::move(rows)}, {"contrasts", std::move(contrasts)}});
  }
  for (const auto& run : table.missing) out["missing"].push_back({{"axes", axes_json(run.axes)}, {"variant", text(run.variant)}, {"seed", run.seed}});
  return out.dump(2) + "\n";
}

}  // namespace xib
