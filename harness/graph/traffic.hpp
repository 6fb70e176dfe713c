#pragma once

#include <cstdint>
#include <limits>
#include <span>

namespace xib {

class MixingMatrix;

// The closed forms of all modelled seconds: gap table, cost table and report have no other. Hockney's model (Parallel Computing 20, 1994): a message of b
// bytes takes latency + b / bandwidth. With one node per rank; a node sends its messages one after the other and receives likewise, both at once; nothing
// overlaps and nothing contends. M: bytes of a model.

// Traffic of a run, or of a part of it, and the longest chain: what the busiest node of every round sends or receives one after the other.
// NaN: not known.
struct RunTraffic {
  double messages = 0;                           // of all nodes, to mix
  double serial_messages = 0, serial_bytes = 0;  // of the busiest nodes, summed over rounds
  RunTraffic& operator+=(const RunTraffic& more);
};

// One gossip round.
struct RoundLoad {
  std::int64_t messages = 0;  // of all nodes: entries of W off the diagonal
  std::int64_t busiest = 0;   // d: the most that a node sends or receives
};
RoundLoad load_of(const MixingMatrix& w);

// The rounds of one step, which sent `bytes` in all: d messages of M bytes each. All messages are of one size; what an algorithm mixes beside the models goes
// with them.
void add_gossip(RunTraffic& traffic, std::span<const RoundLoad> rounds, double bytes);

// An all-reduce whose bytes are counted as 2 (n - 1) M: exact averages and centralized SGD.
enum class AllReduce {
  ring,     // 2 (n - 1) messages of M / n (Patarasuk and Yuan, J. Parallel Distrib. Comput. 69, 2009, eq. 4 and 5)
  halving,  // recursive halving and doubling: 2 log2 n messages, 2 M (n - 1) / n bytes; where n is no power of two with n and log2 n of the largest one below,
            // and 2 messages of M more (Thakur, Rabenseifner and Gropp, Int. J. High Perform. Comput. Appl. 19, 2005, section 4.5)
};
void add_all_reduce(RunTraffic& traffic, int nodes, double bytes, AllReduce how = AllReduce::ring);

// What a policy asks for before it decides, `bytes` in all: `exchanges` in which every node has a message for every other one, n - 1 messages each; then the
// answer of rank 0 down a binomial tree, ceil(log2 n) messages of no size. The Gram matrix takes two such exchanges: columns of the models one way, their sums
// the other.
void add_decision(RunTraffic& traffic, int nodes, double bytes, int exchanges);

struct Interconnect {
  double latency_s = 50e-6, bandwidth = 1.25e9;  // s; B/s: TCP over 10 Gbit/s Ethernet
};
double modelled_seconds(const RunTraffic& traffic, const Interconnect& network);

}  // namespace xib
