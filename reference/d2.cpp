#include "reference/d2.hpp"

namespace xib::reference {

Trace d2(const Problem& problem, const std::vector<Phase>& phases, const Sgd& sgd, const LearningRate& lr) {
  const std::size_t n = static_cast<std::size_t>(problem.nodes), dim = problem.initial.size();
  Matrix x(n, problem.initial), velocity = zeros(n, dim), x_before = x, move_before = zeros(n, dim);
  Trace trace;
  std::int64_t step = 0;
  for (const Phase& phase : phases) {
    require(phase.policy.kind == Policy::Kind::rounds || phase.policy.kind == Policy::Kind::exact, "this twin knows rounds() and exact() only");
    std::int64_t round = 0;
    for (std::int64_t s = 0; s < phase.steps; ++s, ++step) {
      StepTrace row;
      row.loss = mean_loss(problem, step, x);
      Matrix move = zeros(n, dim);  // γ d
      for (std::size_t i = 0; i < n; ++i) {
        const Vector g = problem.gradient(static_cast<int>(i), step, x[i]);
        move[i] = sgd_direction(sgd, g, x[i], velocity[i]);
        for (double& value : move[i]) value *= lr(step);
      }
      if (step == 0)
        row.before = sum(1, x, -1, move);
      else
        row.before = sum(1, sum(2, x, -1, x_before), -1, sum(1, move, -1, move_before));
      x_before = x;
      move_before = move;
      x = row.before;
      row.exact = phase.policy.kind == Policy::Kind::exact;
      if (row.exact) x = Matrix(n, mean(x));
      for (; !row.exact && row.rounds < phase.policy.rounds; ++row.rounds) x = product(dense(phase.mixing.at(round++)), x);
      row.after = x;
      row.distance_before = consensus_distance(row.before);
      row.distance_after = consensus_distance(row.after);
      trace.push_back(row);
    }
  }
  return trace;
}

}  // namespace xib::reference
