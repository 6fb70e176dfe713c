#pragma once

#include "reference/problem.hpp"
#include "reference/sgd.hpp"

namespace xib::reference {

struct AdaptiveConsensus {
  double lr_max = 0;            // the peak of the schedule
  std::int64_t first_step = 0;  // plain D-SGD before
  double power = 3;
};

// DSGD-AC (arXiv 2602.02899): D-SGD that mixes the less the smaller the learning rate, so that a distance stays alive late:
//   x <- (1 - g) x + g W x,   g = (lr / lr_max)^power from first_step on, 1 before
Trace dsgd_ac(const Problem& problem, const MixingSchedule& mixing, int rounds, std::int64_t steps, const AdaptiveConsensus& adaptive, const Sgd& sgd,
              const LearningRate& lr);

}  // namespace xib::reference
