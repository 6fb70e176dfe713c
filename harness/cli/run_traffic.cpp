#include "harness/cli/run_traffic.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "harness/control/policy.hpp"
#include "harness/core/check.hpp"
#include "harness/core/nan.hpp"
#include "harness/graph/mixing_matrix.hpp"
#include "harness/sweep/cells.hpp"

namespace xib {
namespace {

constexpr RunTraffic kNotKnown{kNaN, kNaN, kNaN};

RoundLoad load_of(const double* w, std::size_t n) {
  RoundLoad load;
  std::vector<std::int64_t> sent(n, 0);
  for (std::size_t i = 0; i < n; ++i) {
    std::int64_t received = 0;
    for (std::size_t j = 0; j < n; ++j)
      if (j != i && w[i * n + j] != 0) ++received, ++sent[j];
    load.messages += received;
    load.busiest = std::max(load.busiest, received);
  }
  load.busiest = std::max(load.busiest, *std::max_element(sent.begin(), sent.end()));
  return load;
}

// The rounds of one phase, in order.
class Rounds {
 public:
  Rounds(const TopologyRecord& topology, int nodes) {
    const auto n = static_cast<std::size_t>(nodes);
    for (std::size_t at = 0; at + n * n <= topology.matrices.size(); at += n * n) period_.push_back(load_of(topology.matrices.data() + at, n));
    if (!period_.empty()) return;
    try {
      schedule_.emplace(make_mixing(topology.name, topology.weights, nodes, static_cast<std::uint64_t>(topology.seed)));
    } catch (const Error&) {  // a graph of another version of the program
    }
  }
  bool known() const { return !period_.empty() || schedule_; }
  RoundLoad next() {
    const auto t = done_++;
    return schedule_ ? load_of(schedule_->at(t)) : period_[static_cast<std::size_t>(t) % period_.size()];
  }

 private:
  std::vector<RoundLoad> period_;
  std::optional<MixingSchedule> schedule_;
  std::int64_t done_ = 0;
};

// How many times all nodes send to all others before a decision: columns one way and their sums the other for each measurement, a sum and its parts for
// an average, one number of each node for the norm. Steps that say how they found their rounds say how many measurements that took.
std::optional<int> exchanges_of(const std::string& policy) {
  try {
    const Needs needs = make_policy(policy, "policy", {.reference_distance = 1, .L = 1})->needs();
    return 2 * needs.gram + needs.gradient_norm + 2 * needs.gradient_spread + 2 * needs.full_gradient;
  } catch (const Error&) {  // a policy of another version of the program
    return std::nullopt;
  }
}

RunTraffic decision_of(const StepRow& step, int nodes, std::optional<int> exchanges) {
  RunTraffic decision;
  if (exchanges == 0 || step.decision_bytes_sent == 0) return decision;
  if (!exchanges) return kNotKnown;
  const bool told = !std::isnan(step.decision_by_gram);
  const int asked = told ? *exchanges - 2 + 2 * static_cast<int>(step.decision_by_gram + step.decision_measurements) : *exchanges;
  add_decision(decision, nodes, step.decision_bytes_sent, asked);
  return decision;
}

}  // namespace

std::vector<StepTraffic> traffic_by_step(const RunRecord& record, AllReduce how) {
  std::vector<std::optional<Rounds>> phases(record.topologies.size());
  std::vector<std::optional<int>> exchanges;
  for (const auto& phase : record.phases) exchanges.push_back(exchanges_of(phase.policy));
  std::vector<StepTraffic> steps;
  steps.reserve(record.steps.size());
  for (const auto& step : record.steps) {
    StepTraffic& now = steps.emplace_back();
    const auto bytes = static_cast<double>(step.bytes_sent);
    const auto k = static_cast<std::size_t>(step.phase - 1);
    const auto communication = static_cast<Communication>(step.communication);
    if (communication != Communication::exact_gradients) now.decision = decision_of(step, record.nodes, k < exchanges.size() ? exchanges[k] : std::nullopt);
    if (communication != Communication::gossip) {
      add_all_reduce(now.mixing, record.nodes, bytes, how);
      continue;
    }
    if (step.gossip_rounds == 0) continue;
    if (k < phases.size() && !phases[k]) phases[k].emplace(record.topologies[k], record.nodes);
    if (k >= phases.size() || !phases[k]->known()) {
      now.mixing = kNotKnown;
      continue;
    }
    std::vector<RoundLoad> rounds;
    for (int q = 0; q < step.gossip_rounds; ++q) rounds.push_back(phases[k]->next());
    add_gossip(now.mixing, rounds, bytes);
  }
  return steps;
}

StepTraffic traffic_of(const RunRecord& record) {
  StepTraffic all;
  for (const auto& step : traffic_by_step(record)) all.mixing += step.mixing, all.decision += step.decision;
  return all;
}

RunTraffic decisions_of(const RunHeader& header) {
  RunTraffic decisions;
  const double bytes = header.summary.total_decision_bytes_sent;
  if (bytes == 0) return decisions;
  if (header.outcome == Standing::diverged) return kNotKnown;
  const auto settings = settings_of(header.config_json);
  if (settings.contains("control.method")) return kNotKnown;  // how many measurements a decision took is in the steps
  const int nodes = std::stoi(settings.at("train.nodes"));
  for (const auto& phase : header.phases) {
    const auto exchanges = exchanges_of(phase.policy);
    if (!exchanges) return kNotKnown;
    for (auto step = phase.first_step; step <= phase.last_step && *exchanges > 0; ++step) add_decision(decisions, nodes, 0, *exchanges);
  }
  decisions.serial_bytes = bytes / nodes;
  return decisions;
}

}  // namespace xib
