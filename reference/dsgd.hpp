#pragma once

#include <cstdint>
#include <vector>

#include "reference/problem.hpp"
#include "reference/sgd.hpp"

namespace xib::reference {

// Gossip rounds of a controlled step.
struct RoundLimits {
  int least = 1;    // done before Ξ is looked at
  int most = 1000;  // give up after
};

// How the nodes communicate after each local update of a phase.
struct Policy {
  enum class Kind { rounds, exact, target, adaptive } kind = Kind::rounds;
  int rounds = 1;           // Kind::rounds: that many
  double target = 0;        // Kind::target: mix `limits.least` rounds, then measure, mix, repeat until Ξ <= target
  RoundLimits limits = {};  // Kind::target, Kind::adaptive
  // Kind::adaptive: the target of a step is s·φ, where φ <- beta φ + (1 - beta) sqrt((1/n) Σ_i ‖g_i‖²). Its first value is that norm: of the phase, or
  // with of_run of the first adaptive phase of the run, from which φ then goes on.
  double s = 0, beta = 0;
  bool of_run = false;
};
inline Policy rounds(int count) { return {.kind = Policy::Kind::rounds, .rounds = count}; }
inline Policy exact() { return {.kind = Policy::Kind::exact}; }  // x_i <- x̄, an all-reduce
inline Policy target(double distance, RoundLimits limits = {}) { return {.kind = Policy::Kind::target, .target = distance, .limits = limits}; }
inline Policy adaptive(double s, double beta, bool of_run, RoundLimits limits = {}) {
  return {.kind = Policy::Kind::adaptive, .limits = limits, .s = s, .beta = beta, .of_run = of_run};
}

struct Phase {
  std::int64_t steps = 0;
  Policy policy;
  MixingSchedule mixing;  // round t of the phase uses mixing.at(t); t counts from 0 in every phase
};

// D-SGD, adapt then combine: every node takes a local SGD step, then the models are mixed as the phase says (Kong et al. 2021;
// with rounds(1) and no momentum X <- W (X - γ G)). Consensus control is target(): D-SGD mixes `least` rounds in any case, then Ξ is
// measured, and again after every further round; with least = 0 no round is done where Ξ is within the target already. adaptive() is the same with a
// target that follows the gradients.
Trace dsgd(const Problem& problem, const std::vector<Phase>& phases, const Sgd& sgd, const LearningRate& lr);

}  // namespace xib::reference
