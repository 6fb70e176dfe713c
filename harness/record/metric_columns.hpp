#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/core/metric.hpp"
#include "harness/record/rows.hpp"

namespace xib {

// Names of the columns of /evaluations that follow from the metrics of a run.
std::string test_column(const Metric& metric);        // test_<name>_mean_model
std::string validation_column(const Metric& metric);  // validation_<name>_mean_model, of the first metric
std::string nodes_column(const Metric& metric);       // test_<name>_nodes, of the first metric

// Value of a column of numbers: one of kEvaluationColumns, or one of the run's metrics. NaN: not measured.
double value_of(const EvaluationRow& row, std::string_view column);
void set_value(EvaluationRow& row, const std::string& column, double value);

// Column that follows from a metric and is not in kEvaluationColumns, which has those of accuracy and loss. A file has it if it was measured.
struct OwnColumn {
  std::string name, units, description;
};
std::vector<OwnColumn> own_columns(const std::vector<Metric>& metrics);
bool is_measured(const RunRecord& record, const OwnColumn& column);

// Metrics of runs whose file lists none (version 0.1.0): accuracy and loss; without classes the loss only.
std::vector<Metric> unlisted_metrics(std::size_t classes);

}  // namespace xib
