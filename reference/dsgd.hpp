#pragma once

#include <cstdint>
#include <vector>

#include "reference/problem.hpp"
#include "reference/sgd.hpp"

namespace xib::reference {

// How the nodes communicate after each local update of a phase.
struct Policy {
  enum class Kind { rounds, exact, target } kind = Kind::rounds;
  int rounds = 1;         // Kind::rounds: that many
  double target = 0;      // Kind::target: mix, measure, repeat until Ξ <= target
  int max_rounds = 1000;  // Kind::target: give up after
};
inline Policy rounds(int count) { return {.kind = Policy::Kind::rounds, .rounds = count}; }
inline Policy exact() { return {.kind = Policy::Kind::exact}; }  // x_i <- x̄, an all-reduce
inline Policy target(double distance, int max_rounds = 1000) {
  return {.kind = Policy::Kind::target, .target = distance, .max_rounds = max_rounds};
}

struct Phase {
  std::int64_t steps = 0;
  Policy policy;
  MixingSchedule mixing;  // round t of the phase uses mixing.at(t); t counts from 0 in every phase
};

// D-SGD, adapt then combine: every node takes a local SGD step, then the models are mixed as the phase says (Kong et al. 2021;
// with rounds(1) and no momentum X <- W (X - γ G)). Consensus control is target(): Ξ is measured after the local step and after
// every round, so no round is done where Ξ is within the target already.
Trace dsgd(const Problem& problem, const std::vector<Phase>& phases, const Sgd& sgd, const LearningRate& lr);

}  // namespace xib::reference
