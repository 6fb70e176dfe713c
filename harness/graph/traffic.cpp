#include "harness/graph/traffic.hpp"

#include <algorithm>
#include <bit>
#include <vector>

#include "harness/graph/mixing_matrix.hpp"

namespace xib {

RunTraffic& RunTraffic::operator+=(const RunTraffic& more) {
  messages += more.messages;
  serial_messages += more.serial_messages;
  serial_bytes += more.serial_bytes;
  return *this;
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

void add_gossip(RunTraffic& traffic, std::span<const RoundLoad> rounds, double bytes) {
  double messages = 0, serial = 0;
  for (const auto& round : rounds) messages += static_cast<double>(round.messages), serial += static_cast<double>(round.busiest);
  traffic.messages += messages;
  traffic.serial_messages += serial;
  if (messages > 0) traffic.serial_bytes += serial * bytes / messages;
}

void add_all_reduce(RunTraffic& traffic, int nodes, double bytes, AllReduce how) {
  if (nodes < 2) return;
  if (how == AllReduce::ring) {
    const double rounds = 2.0 * (nodes - 1);
    traffic += {.messages = rounds * nodes, .serial_messages = rounds, .serial_bytes = bytes / nodes};
    return;
  }
  const auto n = static_cast<unsigned>(nodes), power = std::bit_floor(n), others = n - power;
  const double model = bytes / (2.0 * (nodes - 1)), rounds = 2.0 * (std::bit_width(power) - 1);
  traffic += {.messages = rounds * power, .serial_messages = rounds, .serial_bytes = 2 * model * (power - 1) / power};
  if (others > 0) traffic += {.messages = 2.0 * others, .serial_messages = 2, .serial_bytes = 2 * model};
}

void add_decision(RunTraffic& traffic, int nodes, double bytes, int exchanges) {
  const int tree = std::bit_width(static_cast<unsigned>(nodes - 1));  // ceil(log2 n)
  traffic += {.messages = 0, .serial_messages = static_cast<double>(exchanges) * (nodes - 1) + tree, .serial_bytes = bytes / nodes};
}

double modelled_seconds(const RunTraffic& traffic, const Interconnect& network) {
  return traffic.serial_messages * network.latency_s + traffic.serial_bytes / network.bandwidth;
}

}  // namespace xib
