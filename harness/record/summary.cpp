#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "harness/core/nan.hpp"
#include "harness/record/metric_columns.hpp"
#include "harness/record/run_file.hpp"

namespace xib {

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

Summary summarize(const RunRecord& record) { return summarize(record, StepTotals(record.steps)); }

Summary summarize(const RunRecord& record, const StepTotals& totals) {
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
  summary.throughput_samples_per_s = totals.throughput();
  summary.total_rounds = totals.rounds;
  summary.total_bytes_sent = totals.bytes_sent;
  summary.total_gauge_bytes_sent = totals.gauge_bytes_sent;
  summary.total_decision_bytes_sent = totals.decision_bytes_sent;
  summary.target_missed_steps = totals.target_missed_steps;
  summary.wall_s = totals.wall_s;
  for (std::size_t k = 0; k < record.phases.size(); ++k) {
    const auto phase = totals.phases.find(static_cast<std::int32_t>(k + 1));
    summary.mean_consensus_distance_phase.push_back(phase == totals.phases.end() ? kNaN : phase->second.distance_mean());
  }
  return summary;
}

}  // namespace xib
