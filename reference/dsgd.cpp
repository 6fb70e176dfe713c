#include "reference/dsgd.hpp"

namespace xib::reference {

Trace dsgd(const Problem& problem, const std::vector<Phase>& phases, const Sgd& sgd, const LearningRate& lr) {
  const std::size_t n = static_cast<std::size_t>(problem.nodes);
  Matrix x(n, problem.initial), velocity = zeros(n, problem.initial.size());
  Trace trace;
  std::int64_t step = 0;
  double average = 0;     // φ of adaptive()
  bool averaged = false;  // φ has a value
  for (const Phase& phase : phases) {
    if (phase.policy.kind == Policy::Kind::adaptive && !phase.policy.of_run) averaged = false;
    std::int64_t round = 0;
    const auto mix = [&] { x = product(dense(phase.mixing.at(round++)), x); };

    for (std::int64_t s = 0; s < phase.steps; ++s, ++step) {
      StepTrace row;
      row.loss = mean_loss(problem, step, x);
      double norm2 = 0;  // (1/n) Σ_i ‖g_i‖²
      for (std::size_t i = 0; i < n; ++i) {
        const Vector g = problem.gradient(static_cast<int>(i), step, x[i]);
        norm2 += squared_norm(g) / problem.nodes;
        descend(x[i], lr(step), direction(sgd, i, step, g, x[i], velocity[i]));
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
        case Policy::Kind::adaptive:
          average = averaged ? phase.policy.beta * average + (1 - phase.policy.beta) * std::sqrt(norm2) : std::sqrt(norm2);
          averaged = true;
          [[fallthrough]];
        case Policy::Kind::target:
          row.target = phase.policy.kind == Policy::Kind::target ? phase.policy.target : phase.policy.s * average;
          for (; row.rounds < phase.policy.limits.least; ++row.rounds) mix();
          for (; !(consensus_distance(x) <= row.target) && row.rounds < phase.policy.limits.most; ++row.rounds) mix();
          row.reached = consensus_distance(x) <= row.target;
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
