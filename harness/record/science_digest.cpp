#include "harness/record/digest_feed.hpp"
#include "harness/record/layout.hpp"
#include "harness/record/metric_columns.hpp"
#include "harness/record/run_file.hpp"

namespace xib {
namespace {

// Files of version 0.1.0 have test_accuracy_nodes in all runs, empty where there is no accuracy, and never test_loss_nodes, which is therefore left out:
// equal runs have equal digests, whichever version wrote them.
void feed_metrics(Feed& feed, const RunRecord& record) {
  const std::string nodes = nodes_column(record.metrics.front()), accuracy = nodes_column(top1_accuracy());
  for (const auto& row : record.evaluations) {
    feed.values("/evaluations/" + accuracy, nodes == accuracy ? row.test_nodes : std::vector<double>());
    if (nodes != accuracy && nodes != nodes_column(mean_loss())) feed.values("/evaluations/" + nodes, row.test_nodes);
  }
  for (const OwnColumn& column : own_columns(record.metrics)) {
    if (!is_measured(record, column)) continue;
    std::vector<double> values;
    for (const auto& row : record.evaluations) values.push_back(value_of(row, column.name));
    feed.values("/evaluations/" + column.name, values);
  }
}

}  // namespace

std::string science_digest(const RunRecord& record) {
  return science_digest(record, [&](Feed& feed, const WideColumn& column, const std::string& name) { feed.values(name, record.*column.member); });
}

std::string science_digest(const RunRecord& record, const std::function<void(Feed& feed, const WideColumn& column, const std::string& name)>& feed_wide) {
  Feed feed;
  feed.text("/config", record.config_json);
  feed.text("outcome", std::string(name_of(record.outcome)));
  feed.text("final_model_sha256", record.final_model_sha256);
  feed.values<std::int64_t>("seed, nodes, classes", {record.seed, record.nodes, record.classes});
  for (const auto& number : kProblemNumbers) feed.values<double>(fmt::format("/problem@{}", number.name), {record.problem.*number.member});
  feed_table(feed, "phases", kPhaseColumns, record.phases);
  feed_table(feed, "steps", kStepColumns, record.steps);
  feed_table(feed, "evaluations", kEvaluationColumns, record.evaluations);
  feed_metrics(feed, record);
  for (const auto& column : kNodeColumns)
    if (column.science) feed_wide(feed, column, fmt::format("/nodes/{}", column.name));
  for (const auto& topology : record.topologies) {
    feed.text("/topology@name", topology.name);
    feed.text("/topology@weights", topology.weights);
    feed.values<double>("/topology@p, lambda2, lambda_min", {topology.p, topology.lambda2, topology.lambda_min});
    feed.values<std::int64_t>("/topology@degree, period, seed", {topology.degree, topology.period, topology.seed});
    feed.values("/topology/W", topology.matrices);
  }
  feed.values("/partition/class_histogram", record.class_histogram);
  return feed.hex();
}

}  // namespace xib
