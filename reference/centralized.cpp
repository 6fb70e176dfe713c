#include "reference/centralized.hpp"

namespace xib::reference {

Trace centralized(const Problem& problem, std::int64_t steps, const Sgd& sgd, const LearningRate& lr) {
  const std::size_t n = static_cast<std::size_t>(problem.nodes);
  Vector x = problem.initial, velocity(x.size(), 0);
  Trace trace;
  for (std::int64_t step = 0; step < steps; ++step) {
    StepTrace row;
    row.exact = true;
    row.loss = mean_loss(problem, step, Matrix(n, x));
    Matrix gradients;
    for (int i = 0; i < problem.nodes; ++i) gradients.push_back(problem.gradient(i, step, x));
    descend(x, lr(step), direction(sgd, 0, step, mean(gradients), x, velocity));
    row.before = row.after = Matrix(n, x);
    trace.push_back(row);
  }
  return trace;
}

}  // namespace xib::reference
