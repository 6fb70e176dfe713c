#pragma once

#include <cstdint>
#include <limits>
#include <span>

namespace xib {

// Traffic of a run with one node per rank, and the longest chain of it: what the busiest node of every round sends or receives one after the other.
// NaN: not known.
struct Traffic {
  double messages = 0;                           // of all nodes
  double serial_messages = 0, serial_bytes = 0;  // of the busiest nodes, summed over rounds
};

// One gossip round.
struct RoundLoad {
  std::int64_t messages = 0;  // of all nodes: entries of W off the diagonal
  std::int64_t busiest = 0;   // the most that a node sends or receives
};

// The rounds of one step, which sent `bytes` in all. All messages are of one size; what an algorithm mixes beside the models goes with them.
void add_gossip(Traffic& traffic, std::span<const RoundLoad> rounds, double bytes);

// One all-reduce as a ring, which is the one whose bytes are counted: 2 (n - 1) rounds, in each every node sends 1/n of the model.
void add_all_reduce(Traffic& traffic, int nodes, double bytes);

// Latency and bandwidth of Hockney's model (Parallel Computing 20, 1994): a message of b bytes takes latency + b / bandwidth.
struct Network {
  double latency_s = 50e-6, bandwidth = 1.25e9;  // s; B/s: TCP over 10 Gbit/s Ethernet
};
double modelled_seconds(const Traffic& traffic, const Network& network);

}  // namespace xib
