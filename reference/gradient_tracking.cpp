#include "reference/gradient_tracking.hpp"

namespace xib::reference {

Trace gradient_tracking(const Problem& problem, const std::vector<Phase>& phases, const Sgd& sgd, const LearningRate& lr) {
  const std::size_t n = static_cast<std::size_t>(problem.nodes), dim = problem.initial.size();
  Matrix x(n, problem.initial), velocity = zeros(n, dim), y_mixed = zeros(n, dim), d_before = zeros(n, dim);
  Trace trace;
  std::int64_t step = 0;
  for (const Phase& phase : phases) {
    require(phase.policy.kind == Policy::Kind::rounds || phase.policy.kind == Policy::Kind::exact, "this twin knows rounds() and exact() only");
    std::int64_t round = 0;
    for (std::int64_t s = 0; s < phase.steps; ++s, ++step) {
      StepTrace row;
      row.loss = mean_loss(problem, step, x);
      Matrix d;
      for (std::size_t i = 0; i < n; ++i) d.push_back(sgd_direction(sgd, problem.gradient(static_cast<int>(i), step, x[i]), x[i], velocity[i]));
      const Matrix y = sum(1, y_mixed, 1, sum(1, d, -1, d_before));
      d_before = d;
      row.before = sum(1, x, -lr(step), y);

      row.exact = phase.policy.kind == Policy::Kind::exact;
      Matrix w = row.exact ? Matrix(n, Vector(n, 1.0 / static_cast<double>(n))) : identity(n);
      for (; !row.exact && row.rounds < phase.policy.rounds; ++row.rounds) w = product(dense(phase.mixing.at(round++)), w);
      x = product(w, row.before);
      y_mixed = product(w, y);

      row.after = x;
      row.distance_before = consensus_distance(row.before);
      row.distance_after = consensus_distance(row.after);
      trace.push_back(row);
    }
  }
  return trace;
}

}  // namespace xib::reference
