#pragma once

#include <vector>

#include "reference/dense.hpp"

// What a network takes for communication, by writing down every message. Hockney's model (Parallel Computing 20, 1994): a message of b bytes takes
// latency + b / bandwidth; a node sends its messages one after the other, receives likewise, and does both at once.
namespace xib::reference {

struct Message {
  int from, to;
  double bytes;
};
using Round = std::vector<Message>;  // what is under way at the same time; the next round waits for all of it
using Rounds = std::vector<Round>;

// Sum over rounds of what the busiest node takes.
double seconds_of(const Rounds& rounds, int nodes, double latency, double bandwidth);

Rounds gossip(const Matrix& w, double model);          // node j sends its model to every i with w_ij != 0
Rounds ring_all_reduce(int nodes, double model);       // n pieces travel round the ring twice: to be summed, then to be known
Rounds halving_all_reduce(int nodes, double model);    // with partners at 1, 2, 4, ...; beyond a power of two nodes give their model to another one first
Rounds all_to_all(int nodes, double message);          // one message from everyone to everyone, in n - 1 rounds
Rounds answer_of_rank_0(int nodes);                    // who knows it tells one who does not, until all know
Rounds operator+(Rounds first, const Rounds& second);  // one after the other

}  // namespace xib::reference
