#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/graph/mixing_matrix.hpp"

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace xib::scale {

// What is timed: "gossip:GRAPH" one round, "all-reduce", "exact" averaging, "distance" (Ξ), "gram:GRAPH" and "loop:GRAPH" the two ways to a target of 0.3 Ξ.
struct Communication {
  std::string way, graph;
};
Communication parse(std::string_view name);  // throws Error(input) for other names

const MixingSchedule& schedule(const std::string& graph, int nodes);  // made once; the ranks of a process, as simulated ones are, share it

// What the ranks of a world communicate by, one node per rank: a simulated network, or a real MPI.
struct World {
  Communicator& communicator;
  std::function<void(std::span<float>)> all_reduce;  // plain MPI's sum over all ranks
  std::function<void(double)> sleep_until;           // by the clock of the communicator
  double settle_s;                                   // longer than a gather takes, so that all ranks begin at one moment
};

struct Timed {
  double seconds = 0;  // from the moment when all ranks begin to the one when the last has ended; the median
  int rounds = 0;      // of gossip
};

// Collective. One communication of the layers comm, mix and control as they are.
Timed time_communication(const World& world, std::string_view name, std::size_t dim, int repeats);

}  // namespace xib::scale
