#include "harness/record/metric_columns.hpp"

#include <algorithm>

#include "harness/core/nan.hpp"
#include "harness/record/columns.hpp"

namespace xib {
namespace {

double EvaluationRow::*member_of(std::string_view column) {
  for (const auto& known : kEvaluationColumns)
    if (known.name == column)
      if (const auto* member = std::get_if<double EvaluationRow::*>(&known.member)) return *member;
  return nullptr;
}

}  // namespace

std::string test_column(const Metric& metric) { return "test_" + metric.name + "_mean_model"; }
std::string validation_column(const Metric& metric) { return "validation_" + metric.name + "_mean_model"; }
std::string nodes_column(const Metric& metric) { return "test_" + metric.name + "_nodes"; }

double value_of(const EvaluationRow& row, std::string_view column) {
  if (const auto member = member_of(column)) return row.*member;
  const auto found = row.own.find(column);
  return found == row.own.end() ? kNaN : found->second;
}

void set_value(EvaluationRow& row, const std::string& column, double value) {
  if (const auto member = member_of(column))
    row.*member = value;
  else
    row.own[column] = value;
}

std::vector<OwnColumn> own_columns(const std::vector<Metric>& metrics) {
  std::vector<OwnColumn> columns;
  const auto add = [&](const std::string& name, const Metric& metric, const char* where) {
    if (!member_of(name)) columns.push_back({name, metric.unit, metric.description + " of the averaged model on the " + where});
  };
  for (const Metric& metric : metrics) add(test_column(metric), metric, "test set");
  if (!metrics.empty()) add(validation_column(metrics.front()), metrics.front(), "held-out share of the training set");
  return columns;
}

bool is_measured(const RunRecord& record, const OwnColumn& column) {
  return std::any_of(record.evaluations.begin(), record.evaluations.end(), [&](const EvaluationRow& row) { return row.own.contains(column.name); });
}

std::vector<Metric> unlisted_metrics(std::size_t classes) {
  if (classes == 0) return {mean_loss()};
  return {top1_accuracy(), mean_loss()};
}

}  // namespace xib
