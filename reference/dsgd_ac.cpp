#include "reference/dsgd_ac.hpp"

#include <cmath>

namespace xib::reference {

Trace dsgd_ac(const Problem& problem, const MixingSchedule& mixing, int rounds, std::int64_t steps, const AdaptiveConsensus& adaptive, const Sgd& sgd,
              const LearningRate& lr) {
  const std::size_t n = static_cast<std::size_t>(problem.nodes);
  Matrix x(n, problem.initial), velocity = zeros(n, problem.initial.size());
  Trace trace;
  std::int64_t round = 0;
  for (std::int64_t step = 0; step < steps; ++step) {
    StepTrace row;
    row.loss = mean_loss(problem, step, x);
    for (std::size_t i = 0; i < n; ++i) {
      const Vector g = problem.gradient(static_cast<int>(i), step, x[i]);
      descend(x[i], lr(step), sgd_direction(sgd, g, x[i], velocity[i]));
    }
    row.before = x;
    const double strength = step < adaptive.first_step ? 1 : std::pow(lr(step) / adaptive.lr_max, adaptive.power);
    for (; row.rounds < rounds; ++row.rounds) x = sum(1 - strength, x, strength, product(dense(mixing.at(round++)), x));
    row.after = x;
    row.distance_before = consensus_distance(row.before);
    row.distance_after = consensus_distance(row.after);
    trace.push_back(row);
  }
  return trace;
}

}  // namespace xib::reference
