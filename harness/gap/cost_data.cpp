#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/core/text.hpp"
#include "harness/gap/cost_table.hpp"
#include "harness/gap/gap_lines.hpp"
#include "harness/gap/json_values.hpp"

namespace xib {
namespace {

json spread(const Spread& s) { return {{"mean", number(s.mean)}, {"sd", number(s.sd)}}; }

// All that is known of a row, with the unit at the end of a name.
json row_json(const CostRow& row, const Metric& metric) {
  return {{"variant", text(row.variant)},
          {"baseline", row.is_baseline},
          {"nodes", row.nodes},
          {"runs", row.runs},
          {"diverged", row.diverged},
          {metric.name, spread(row.score)},
          {"step_s", spread(row.step_s)},
          {"compute_s", spread(row.compute_s)},
          {"mixing_s", spread(row.mixing_s)},
          {"decision_s", spread(row.decision_s)},
          {"network_s", spread(row.network_s)},
          {"bytes", spread(row.bytes)},
          {"reached", row.reached},
          {"target_steps", spread(row.target_steps)},
          {"target_s", spread(row.target_s)},
          {"target_bytes", spread(row.target_bytes)}};
}

std::string all_reduce_name(AllReduce how) { return how == AllReduce::ring ? "ring" : "halving"; }

std::string cell(const json& value) {
  if (value.is_null()) return "";
  if (value.is_boolean()) return value.get<bool>() ? "1" : "0";
  if (!value.is_string()) return value.dump();
  return csv_field(value.get<std::string>());
}

}  // namespace

std::string cost_json(const CostTable& table) {
  const CostQuestion& question = table.question;
  json out{{"schema", "xibench-cost"},
           {"schema_version", 1},
           {"modelled", "all seconds but compute_s, which is measured unless given; one node per rank, no overlap, no contention"},
           {"sweep", text(table.sweep)},
           {"baseline", table.baseline.empty() ? json(nullptr) : text(table.baseline)},
           {"metric", {{"name", question.metric.name}, {"unit", question.metric.unit}, {"better", question.metric.better}}},
           {"network",
            {{"latency_s", question.network.latency_s},
             {"bandwidth_bytes_per_s", question.network.bandwidth},
             {"all_reduce", all_reduce_name(question.all_reduce)}}},
           {"compute", {{"given_s", number(question.compute_s)}, {"measured_on", json::array()}}},
           {"groups", json::array()}};
  for (const auto& machine : table.machines) out["compute"]["measured_on"].push_back(text(machine));
  for (const auto& group : table.groups) {
    json rows = json::array();
    for (const auto& row : group.rows) rows.push_back(row_json(row, question.metric));
    const CostRow* best = group.fastest();
    out["groups"].push_back({{"axes", axes_json(group.axes)},
                             {"target", number(group.target)},
                             {"fastest", best ? text(best->variant) : json(nullptr)},
                             {"rows", std::move(rows)}});
  }
  return out.dump(2) + "\n";
}

std::string cost_csv(const CostTable& table) {
  const CostQuestion& question = table.question;
  std::string head, body;
  for (const auto& group : table.groups)
    for (const auto& row : group.rows) {
      std::vector<std::string> names, cells;
      const auto add = [&](const std::string& name, const json& value) { names.push_back(cell(json(name))), cells.push_back(cell(value)); };
      for (const auto& [key, value] : group.axes) add(valid_utf8(key), text(value));
      const json columns = row_json(row, question.metric);
      for (const auto& [name, value] : columns.items()) {
        add(value.is_object() ? name + "_mean" : name, value.is_object() ? value["mean"] : value);
        if (value.is_object()) add(name + "_sd", value["sd"]);
      }
      add("target", number(group.target));
      add("latency_s", question.network.latency_s);
      add("bandwidth_bytes_per_s", question.network.bandwidth);
      add("all_reduce", all_reduce_name(question.all_reduce));
      add("compute_given_s", number(question.compute_s));
      head = fmt::format("{}\n", fmt::join(names, ","));
      body += fmt::format("{}\n", fmt::join(cells, ","));
    }
  return head + body;
}

}  // namespace xib
