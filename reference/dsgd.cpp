#include "reference/dsgd.hpp"

namespace xib::reference {

Trace dsgd(const Problem& problem, const std::vector<Phase>& phases, const Sgd& sgd, const LearningRate& lr) {
  const std::size_t n = static_cast<std::size_t>(problem.nodes);
  Matrix x(n, problem.initial), velocity = zeros(n, problem.initial.size());
  Trace trace;
  std::int64_t step = 0;
  for (const Phase& phase : phases) {
    std::int64_t round = 0;
    const auto mix = [&] { x = product(dense(phase.mixing.at(round++)), x); };

    for (std::int64_t s = 0; s < phase.steps; ++s, ++step) {
      StepTrace row;
      row.loss = mean_loss(problem, step, x);
      for (std::size_t i = 0; i < n; ++i) {
        const Vector g = problem.gradient(static_cast<int>(i), step, x[i]);
        descend(x[i], lr(step), sgd_direction(sgd, g, x[i], velocity[i]));
      }
      row.before = x;
      row.distance_before = consensus_distance(x);

      switch (phase.policy.kind) {
        case Policy::Kind::exact:
          x = Matrix(n, mean(x));
          row.exact = true;
          break;
        case Policy::Kind::rounds:
          for (; row.rounds < phase.policy.rounds; ++row.rounds) mix();
          break;
        case Policy::Kind::target:
          for (; row.rounds < phase.policy.limits.least; ++row.rounds) mix();
          for (; !(consensus_distance(x) <= phase.policy.target) && row.rounds < phase.policy.limits.most; ++row.rounds) mix();
          row.reached = consensus_distance(x) <= phase.policy.target;
          break;
      }
      row.after = x;
      row.distance_after = consensus_distance(x);
      trace.push_back(row);
    }
  }
  return trace;
}

}  // namespace xib::reference
