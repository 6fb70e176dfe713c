#include "harness/record/digest_feed.hpp"
#include "harness/record/layout.hpp"
#include "harness/record/run_file.hpp"

namespace xib {

std::string science_digest(const RunRecord& record) {
  Feed feed;
  feed.text("/config", record.config_json);
  feed.text("outcome", record.outcome);
  feed.text("final_model_sha256", record.final_model_sha256);
  feed.values<std::int64_t>("seed, nodes, classes", {record.seed, record.nodes, record.classes});
  for (const auto& number : kProblemNumbers) feed.values<double>(fmt::format("/problem@{}", number.name), {record.problem.*number.member});
  feed_table(feed, "phases", kPhaseColumns, record.phases);
  feed_table(feed, "steps", kStepColumns, record.steps);
  feed_table(feed, "evaluations", kEvaluationColumns, record.evaluations);
  for (const auto& row : record.evaluations) feed.values("/evaluations/test_accuracy_nodes", row.test_accuracy_nodes);
  for (const auto& column : kNodeColumns)
    if (column.science) feed.values(fmt::format("/nodes/{}", column.name), record.*column.member);
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
