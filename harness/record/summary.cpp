#include <algorithm>
#include <cmath>

#include "harness/record/run_file.hpp"

namespace xib {
namespace {

// Median of samples/s over the steps that `use` accepts; NaN when there are none.
template <class Use>
double median_rate(const std::vector<StepRow>& steps, Use&& use) {
  std::vector<double> rates;
  for (const auto& row : steps) {
    if (row.wall_s > 0 && use(row)) rates.push_back(static_cast<double>(row.samples) / row.wall_s);
  }
  if (rates.empty()) return kNotMeasured;
  std::sort(rates.begin(), rates.end());
  const std::size_t half = rates.size() / 2;
  return rates.size() % 2 == 1 ? rates[half] : (rates[half - 1] + rates[half]) / 2;
}

double throughput(const std::vector<StepRow>& steps) {
  const double steady = median_rate(steps, [](const StepRow& row) { return (row.flags & (flag_warmup | flag_evaluation | flag_checkpoint)) == 0; });
  return std::isnan(steady) ? median_rate(steps, [](const StepRow&) { return true; }) : steady;  // a run shorter than its warm-up
}

}  // namespace

void forget_final(Summary& summary) {
  summary.final_test_accuracy = summary.final_test_accuracy_nodes_mean = summary.final_test_accuracy_nodes_min = kNotMeasured;
  summary.final_test_loss = kNotMeasured;
}

Summary summarize(const RunRecord& record) {
  Summary summary;
  for (const auto& row : record.evaluations) {
    const double accuracy = row.test_accuracy_mean_model;
    if (!(summary.best_test_accuracy >= accuracy) && !std::isnan(accuracy)) summary.best_test_accuracy = accuracy;
  }
  if (!record.evaluations.empty() && record.outcome != "diverged") {
    const EvaluationRow& last = record.evaluations.back();
    summary.final_test_accuracy = last.test_accuracy_mean_model;
    summary.final_test_loss = last.test_loss_mean_model;
    if (const auto& nodes = last.test_accuracy_nodes; !nodes.empty()) {
      double sum = 0;
      for (const double accuracy : nodes) sum += accuracy;
      summary.final_test_accuracy_nodes_mean = sum / static_cast<double>(nodes.size());
      summary.final_test_accuracy_nodes_min = *std::min_element(nodes.begin(), nodes.end());
    }
  }
  summary.throughput_samples_per_s = throughput(record.steps);

  std::vector<double> sum(record.phases.size(), 0), count(record.phases.size(), 0);
  double decision_bytes = 0;
  for (const auto& row : record.steps) {
    summary.total_rounds += row.gossip_rounds;
    summary.total_bytes_sent += row.bytes_sent;
    summary.total_gauge_bytes_sent += row.gauge_bytes_sent;
    decision_bytes += row.decision_bytes_sent;
    summary.target_missed_steps += row.target_reached == 0;
    summary.wall_s += row.wall_s;
    const auto k = static_cast<std::size_t>(row.phase - 1);
    if (k >= sum.size() || std::isnan(row.consensus_distance)) continue;
    sum[k] += row.consensus_distance;
    count[k] += 1;
  }
  summary.total_decision_bytes_sent = decision_bytes;
  for (std::size_t k = 0; k < sum.size(); ++k) {
    summary.mean_consensus_distance_phase.push_back(count[k] > 0 ? sum[k] / count[k] : kNotMeasured);
  }
  return summary;
}

}  // namespace xib
