#include "reference/push_sum.hpp"

namespace xib::reference {
namespace {

Matrix debiased(const Matrix& x, const Matrix& w) {
  Matrix z = x;
  for (std::size_t i = 0; i < x.size(); ++i)
    for (double& a : z[i]) a /= w[i][0];
  return z;
}

}  // namespace

PushSumTrace push_sum(const Problem& problem, const MixingSchedule& mixing, int rounds, std::int64_t steps, const Sgd& sgd, const LearningRate& lr) {
  const std::size_t n = static_cast<std::size_t>(problem.nodes);
  Matrix x(n, problem.initial), velocity = zeros(n, problem.initial.size()), w(n, Vector{1});
  PushSumTrace trace;
  std::int64_t round = 0;
  for (std::int64_t step = 0; step < steps; ++step) {
    const Matrix z = debiased(x, w);
    StepTrace row;
    row.loss = mean_loss(problem, step, z);
    for (std::size_t i = 0; i < n; ++i) {
      const Vector g = problem.gradient(static_cast<int>(i), step, z[i]);
      descend(x[i], lr(step), direction(sgd, i, step, g, z[i], velocity[i]));
    }
    row.before = debiased(x, w);
    for (; row.rounds < rounds; ++row.rounds) {
      const Matrix a = dense(mixing.at(round++));
      x = product(a, x);
      w = product(a, w);
    }
    row.after = debiased(x, w);
    row.distance_before = consensus_distance(row.before);
    row.distance_after = consensus_distance(row.after);
    trace.models.push_back(row);
    trace.biased.push_back(x);
    trace.weights.push_back(transposed(w)[0]);
  }
  return trace;
}

}  // namespace xib::reference
