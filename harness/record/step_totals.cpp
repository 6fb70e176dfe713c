#include "harness/record/step_totals.hpp"

#include <algorithm>
#include <cmath>

#include "harness/record/rows.hpp"

namespace xib {
namespace {

double median(std::vector<double> values) {
  if (values.empty()) return kNaN;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace

void StepTotals::add(std::span<const StepRow> rows) {
  for (const StepRow& row : rows) add(row);
}

void StepTotals::add(const StepRow& row) {
  ++steps;
  rounds += row.gossip_rounds;
  bytes_sent += row.bytes_sent;
  gauge_bytes_sent += row.gauge_bytes_sent;
  decision_bytes_sent += row.decision_bytes_sent;
  target_missed_steps += row.target_reached == 0;
  wall_s += row.wall_s;
  train_s += row.wall_s - row.record_s;
  if (first_bad < 0 && !std::isfinite(row.train_loss)) first_bad = row.step;
  stragglers.add(row);
  if (row.wall_s > 0) {
    const double rate = static_cast<double>(row.samples) / row.wall_s;
    if (is_plain(row)) {
      plain_rates_.push_back(rate);
      all_rates_ = {};
    } else if (plain_rates_.empty()) {
      all_rates_.push_back(rate);
    }
  }

  PhaseTotals& phase = phases[row.phase];
  phase.rounds += row.gossip_rounds;
  phase.bytes_sent += row.bytes_sent;
  if (!std::isnan(row.target_distance)) {
    phase.target = row.target_distance;
    if (std::isnan(phase.target_first)) phase.target_first = phase.target;
    phase.target_min = std::fmin(phase.target_min, phase.target);
  }
  if (std::isnan(row.consensus_distance)) return;
  phase.distance_sum += row.consensus_distance;
  phase.distance_max = std::fmax(phase.distance_max, row.consensus_distance);
  ++phase.measured;
}

double StepTotals::throughput() const { return median(plain_rates_.empty() ? all_rates_ : plain_rates_); }

}  // namespace xib
