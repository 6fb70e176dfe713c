#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/core/nan.hpp"

#include <functional>
#include <string>
#include <vector>

namespace xib {

// Where a rank is, as it finds itself.
struct RankPlace {
  std::string node;             // Slurm's name of it, else the host's
  std::vector<int> processors;  // that this rank may use, ascending
  int online = 0;               // processors of the node
  int threads = 1;              // that the rank will start
};

// Questions of a rank to its machine. Tests plant other answers.
struct Probe {
  std::function<RankPlace()> place;
  std::function<double()> memory_bandwidth;     // bytes/s that this rank copies while all others do so too
  std::function<std::string()> device_problem;  // why the rank's device does not answer; "" where it does
};

// One node, as measured. NaN: not measured.
struct NodeReport {
  std::string node;
  std::vector<int> ranks;
  double memory_bandwidth = kNaN;     // bytes/s, median over its ranks
  double network_bandwidth = kNaN;    // bytes/s in each direction, with the best of its partners
  std::vector<std::string> problems;  // none: fit to run on
};

struct Preflight {
  double all_reduce = kNaN;                  // bytes/s between GPUs; NaN: not measured
  double first_all_reduce = kNaN;            // at this site
  std::vector<RankPlace> places;             // by rank
  std::vector<NodeReport> nodes;             // by their lowest rank
  std::vector<std::string> launch_problems;  // alike on all nodes: of how the ranks were launched, not of a node
  std::vector<std::string> remarks;          // what slows a run down and may be meant
};

struct PreflightLimits {
  double floor = 0.5;                         // share of the median of the nodes below which a bandwidth fails its node
  double seconds = 10;                        // after which no further pair of nodes is measured
  std::size_t floats = std::size_t{1} << 20;  // of a message between two nodes
};

// Whom `node` of `count` exchanges with in a round, by the circle method: every other node once in as many rounds; itself: it rests.
int partner_of(int node, int round, int count);

// Collective: whether these ranks are placed well, compute and exchange what they should, and no node is far slower than the others. The result is
// rank 0's; the other ranks get an empty one. A bandwidth is judged from three nodes on: of two, none is the slow one.
//
// Contents: every rank knows what every other one sends in an all-gather, and the sum of it, exactly (integers in double); messages between
// nodes carry numbers that their receiver knows. A wrong part has two ends; the node at most of these ends is blamed, of two the sender's.
// Network: in each round the lowest ranks of the nodes exchange in pairs, other pairs in every round; a node's bandwidth is the best over its rounds,
// because with a slow partner every node is slow, and only a slow node is slow with all of them.
Preflight check_before_flight(Communicator& communicator, const Probe& probe, const PreflightLimits& limits);

}  // namespace xib
