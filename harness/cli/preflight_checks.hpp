#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/core/nan.hpp"

#include <functional>
#include <string>
#include <vector>

namespace xib {

// Place of a rank, as the rank sees it.
struct RankPlace {
  std::string node;             // its name in Slurm, else the name of the host
  std::vector<int> processors;  // that this rank may use, ascending
  int online = 0;               // processors of the node
  int threads = 1;              // number that the rank will start
};

// Questions of a rank to its machine. Tests replace the answers.
struct Probe {
  std::function<RankPlace()> place;
  std::function<double()> memory_bandwidth;     // bytes/s that this rank copies while all others copy, too
  std::function<std::string()> device_problem;  // why the rank's device does not answer; "": it does
};

// Measurements of one node; NaN: not measured.
struct NodeReport {
  std::string node;
  std::vector<int> ranks;
  double memory_bandwidth = kNaN;     // bytes/s, median over its ranks
  double network_bandwidth = kNaN;    // bytes/s in each direction, with the best of its partners
  std::vector<std::string> problems;  // empty: the node is fit for runs
};

struct Preflight {
  double all_reduce = kNaN;                  // bytes/s between GPUs; NaN: not measured
  double first_all_reduce = kNaN;            // the first value at this site
  std::vector<RankPlace> places;             // by rank
  std::vector<NodeReport> nodes;             // by their lowest rank
  std::vector<std::string> launch_problems;  // the same on all nodes: caused by the launch of the ranks, not by a node
  std::vector<std::string> remarks;          // things that slow a run down, but may be intended
};

struct PreflightLimits {
  double floor = 0.5;                         // a node fails if its bandwidth is below this share of the median of the nodes
  double seconds = 10;                        // time after which no further pair of nodes is measured
  std::size_t floats = std::size_t{1} << 20;  // size of a message between two nodes
};

// Partner of `node` in a round, by the circle method: each of the `count` nodes meets every other node once. Itself: the node rests in this round.
int partner_of(int node, int round, int count);

// Collective. Checks the places of the ranks, the results of their computations and exchanges, and that no node is far slower than the others. Rank 0 gets the
// result; other ranks get an empty one. Bandwidths are judged only with three nodes or more, because of two nodes none can be called the slow one.
//
// Contents: every rank knows what every other rank sends in an all-gather, and its sum, exactly (integers in double). Messages between nodes have numbers that
// the receiver knows. A wrong part has two ends; the node at most of these ends is blamed, or the sender's node if two are equal.
// Network: in each round the lowest ranks of the nodes exchange in pairs, with other pairs in every round. The bandwidth of a node is the best over its rounds,
// because every node is slow with a slow partner, but only a slow node is slow with all partners.
Preflight check_before_flight(Communicator& communicator, const Probe& probe, const PreflightLimits& limits);

}  // namespace xib
