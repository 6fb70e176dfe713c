#include "reference/dsgd_cta.hpp"

namespace xib::reference {

Trace dsgd_cta(const Problem& problem, const std::vector<Phase>& phases, const Sgd& sgd, const LearningRate& lr) {
  const std::size_t n = static_cast<std::size_t>(problem.nodes);
  Matrix x(n, problem.initial), velocity = zeros(n, problem.initial.size());
  Trace trace;
  std::int64_t step = 0;
  for (const Phase& phase : phases) {
    require(phase.policy.kind == Policy::Kind::rounds || phase.policy.kind == Policy::Kind::exact, "this twin knows rounds() and exact() only");
    std::int64_t round = 0;
    for (std::int64_t s = 0; s < phase.steps; ++s, ++step) {
      StepTrace row;
      row.loss = mean_loss(problem, step, x);
      row.before = x;
      row.distance_before = consensus_distance(x);
      row.exact = phase.policy.kind == Policy::Kind::exact;
      if (row.exact) x = Matrix(n, mean(x));
      for (; !row.exact && row.rounds < phase.policy.rounds; ++row.rounds) x = product(dense(phase.mixing.at(round++)), x);
      row.distance_after = consensus_distance(x);
      for (std::size_t i = 0; i < n; ++i) {
        const Vector g = problem.gradient(static_cast<int>(i), step, row.before[i]);
        descend(x[i], lr(step), direction(sgd, i, step, g, x[i], velocity[i]));
      }
      row.after = x;
      trace.push_back(row);
    }
  }
  return trace;
}

}  // namespace xib::reference
