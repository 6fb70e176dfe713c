#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "harness/core/nan.hpp"
#include "harness/record/metric_columns.hpp"
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
  if (rates.empty()) return kNaN;
  std::sort(rates.begin(), rates.end());
  const std::size_t half = rates.size() / 2;
  return rates.size() % 2 == 1 ? rates[half] : (rates[half - 1] + rates[half]) / 2;
}

double throughput(const std::vector<StepRow>& steps) {
  const double steady = median_rate(steps, is_plain);
  return std::isnan(steady) ? median_rate(steps, [](const StepRow&) { return true; }) : steady;  // a run shorter than its warm-up
}

}  // namespace

void forget_final(Summary& summary) {
  for (Score& score : summary.scores) score.final = score.nodes_mean = score.nodes_worst = kNaN;
}

std::string final_text(const Summary& summary) {
  const Score& first = summary.scores.front();
  return std::isnan(first.final) ? "" : fmt::format("test {} {}", first.metric.label(), first.metric.shown(first.final));
}

Summary summary_of(const std::vector<Metric>& metrics) {
  Summary summary;
  for (const Metric& metric : metrics) summary.scores.push_back({metric});
  return summary;
}

Summary summarize(const RunRecord& record) {
  Summary summary = summary_of(record.metrics);
  for (Score& score : summary.scores) {
    const std::string column = test_column(score.metric);
    for (const auto& row : record.evaluations) {
      const double value = value_of(row, column);
      if (!std::isnan(value) && (std::isnan(score.best) || score.metric.worse(score.best, value) == score.best)) score.best = value;
    }
    if (!record.evaluations.empty()) score.final = value_of(record.evaluations.back(), column);
  }
  if (!record.evaluations.empty() && !record.evaluations.back().test_nodes.empty()) {
    const auto& nodes = record.evaluations.back().test_nodes;
    Score& first = summary.scores.front();
    first.nodes_mean = std::accumulate(nodes.begin(), nodes.end(), 0.0) / static_cast<double>(nodes.size());
    first.nodes_worst = nodes.front();
    for (const double value : nodes) first.nodes_worst = first.metric.worse(first.nodes_worst, value);
  }
  if (record.outcome == Standing::diverged) forget_final(summary);
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
    summary.mean_consensus_distance_phase.push_back(count[k] > 0 ? sum[k] / count[k] : kNaN);
  }
  return summary;
}

}  // namespace xib
