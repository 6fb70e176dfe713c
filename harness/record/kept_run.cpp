#include <algorithm>
#include <cmath>

#include "harness/record/columns.hpp"
#include "harness/record/kept_file.hpp"
#include "harness/record/metric_columns.hpp"

namespace xib {
namespace {

// Ξ after the last step before the evaluation; before the first step, and where it was not measured, there is none.
double distance_before(const RunRecord& record, const EvaluationRow& evaluation) {
  const auto at = std::find_if(record.steps.rbegin(), record.steps.rend(), [&](const StepRow& row) { return row.step < evaluation.step; });
  return at == record.steps.rend() || at->step != evaluation.step - 1 ? kNaN : at->consensus_distance;
}

}  // namespace

KeptRun keep_run(const RunRecord& record, const RunHeader& header, std::string digest) {
  KeptRun kept{.file = "", .header = header, .science_digest = std::move(digest), .metrics = record.metrics, .cell = {}, .evaluations = {}, .provenance = {}};
  const auto add = [&](const std::string& name, const auto& value_in) {
    std::vector<double> values;
    for (const auto& row : record.evaluations) values.push_back(value_in(row));
    if (std::all_of(values.begin(), values.end(), [](double value) { return std::isnan(value); })) return;
    kept.evaluations.emplace_back(name, std::move(values));
  };
  add("step", [](const EvaluationRow& row) { return static_cast<double>(row.step); });
  for (const auto& column : kEvaluationColumns)
    if (column.science && column.name != "step") add(std::string(column.name), [&](const EvaluationRow& row) { return value_of(row, column.name); });
  for (const OwnColumn& column : own_columns(record.metrics)) add(column.name, [&](const EvaluationRow& row) { return value_of(row, column.name); });
  add("consensus_distance", [&](const EvaluationRow& row) { return distance_before(record, row); });
  for (const std::string_view name : kKeptFacts)
    for (const auto& [fact, text] : record.provenance)
      if (fact == name && !text.empty()) kept.provenance.emplace_back(fact, text);
  return kept;
}

}  // namespace xib
