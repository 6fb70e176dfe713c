#include "harness/cli/run_traffic.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "harness/core/check.hpp"
#include "harness/core/nan.hpp"
#include "harness/graph/mixing_matrix.hpp"

namespace xib {
namespace {

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

RoundLoad load_of(const MixingMatrix& w) {
  RoundLoad load{.messages = w.messages(), .busiest = w.max_degree()};
  std::vector<std::int64_t> sent(static_cast<std::size_t>(w.size()), 0);
  for (int i = 0; i < w.size(); ++i)
    for (const auto& entry : w.row(i))
      if (entry.node != i) ++sent[static_cast<std::size_t>(entry.node)];
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

}  // namespace

Traffic traffic_of(const RunRecord& record) {
  std::vector<std::optional<Rounds>> phases(record.topologies.size());
  Traffic traffic;
  for (const auto& step : record.steps) {
    const auto bytes = static_cast<double>(step.bytes_sent);
    if (static_cast<Communication>(step.communication) != Communication::gossip) {
      add_all_reduce(traffic, record.nodes, bytes);
      continue;
    }
    const auto k = static_cast<std::size_t>(step.phase - 1);
    if (step.gossip_rounds == 0) continue;
    if (k >= phases.size()) return {kNaN, kNaN, kNaN};
    if (!phases[k]) phases[k].emplace(record.topologies[k], record.nodes);
    if (!phases[k]->known()) return {kNaN, kNaN, kNaN};
    std::vector<RoundLoad> rounds;
    for (int q = 0; q < step.gossip_rounds; ++q) rounds.push_back(phases[k]->next());
    add_gossip(traffic, rounds, bytes);
  }
  return traffic;
}

}  // namespace xib
