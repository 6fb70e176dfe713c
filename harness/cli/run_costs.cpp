#include "harness/cli/run_costs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "harness/cli/preflight_places.hpp"
#include "harness/cli/run_traffic.hpp"
#include "harness/core/nan.hpp"
#include "harness/record/metric_columns.hpp"

namespace xib {
namespace {

// Rank 0 has the most nodes of all; its threads do a node each at a time.
double compute_seconds(const RunRecord& record, bool on_device) {
  std::vector<double> times;
  for (const auto& step : record.steps) {
    const auto attempt = static_cast<std::size_t>(step.attempt);
    if (!is_plain(step) || attempt >= record.attempts.size()) continue;
    const auto& [ranks, threads] = std::pair(record.attempts[attempt].ranks, record.attempts[attempt].threads);
    const int nodes = (record.nodes + ranks - 1) / ranks, at_once = on_device ? 1 : std::min(nodes, threads);
    times.push_back((step.data_s + step.compute_s + step.update_s) * at_once / nodes);
  }
  return median_of(std::move(times));
}

}  // namespace

RunCost run_cost(const RunRecord& record, const Metric& metric, AllReduce how) {
  const std::string device = fact(record, "device");
  const bool on_device = !device.empty() && device != "cpu";
  RunCost cost{.nodes = record.nodes, .compute_s = compute_seconds(record, on_device), .machine = fact(record, "cpu"), .end = {}, .evaluations = {}};
  if (on_device) cost.machine = fmt::format("{} ({})", fact(record, "gpu"), device);
  const auto steps = traffic_by_step(record, how);
  auto evaluation = record.outcome == Standing::diverged ? record.evaluations.end() : record.evaluations.begin();
  const auto note = [&] {
    for (; evaluation != record.evaluations.end() && evaluation->step <= cost.end.steps; ++evaluation) {
      cost.evaluations.push_back(cost.end);
      cost.evaluations.back().score = value_of(*evaluation, test_column(metric));
    }
  };
  note();
  for (std::size_t k = 0; k < steps.size(); ++k) {
    const StepRow& step = record.steps[k];
    cost.end.steps = step.step + 1;
    cost.end.mixing += steps[k].mixing;
    cost.end.decision += steps[k].decision;
    cost.end.bytes += static_cast<double>(step.bytes_sent) + (steps[k].decision.serial_messages == 0 ? 0 : step.decision_bytes_sent);
    note();
  }
  if (!cost.evaluations.empty()) cost.end.score = cost.evaluations.back().score;
  return cost;
}

}  // namespace xib
