#include "harness/gap/traffic.hpp"

namespace xib {

void add_gossip(Traffic& traffic, std::span<const RoundLoad> rounds, double bytes) {
  double messages = 0, serial = 0;
  for (const auto& round : rounds) messages += static_cast<double>(round.messages), serial += static_cast<double>(round.busiest);
  traffic.messages += messages;
  traffic.serial_messages += serial;
  if (messages > 0) traffic.serial_bytes += serial * bytes / messages;
}

void add_all_reduce(Traffic& traffic, int nodes, double bytes) {
  const double rounds = 2.0 * (nodes - 1);
  traffic.messages += rounds * nodes;
  traffic.serial_messages += rounds;
  traffic.serial_bytes += bytes / nodes;
}

double modelled_seconds(const Traffic& traffic, const Network& network) {
  return traffic.serial_messages * network.latency_s + traffic.serial_bytes / network.bandwidth;
}

}  // namespace xib
