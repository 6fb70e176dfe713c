#pragma once

#include "harness/core/term.hpp"
#include "harness/task/task.hpp"

#include <memory>

namespace xib {

// f_i(x) = 1/2 (x - b_i)' A_i (x - b_i), f = (1/n) sum f_i.
//   A    eigenvalues L (mu/L)^(k/(d-1)), k = 0..d-1; diagonal, or H diag H with a random Householder reflection H = I - 2 v v'.
//   A_i  = (1 + tilt cos(2 pi i/n)) A. Their mean is A. With tilt = 0 the mean model moves as if it were trained alone, for any consensus
//        distance. With tilt > 0 the disagreement of the nodes biases its gradient, most on a ring, where neighbours are alike.
//   x*   standard normal (Purpose::problem); b_i = x* - A_i^-1 u_i with u_i normal, centred over the nodes and scaled to
//        (1/n) sum ||u_i||² = zeta². Then grad f_i(x*) = u_i, grad f(x*) = 0 and f(x*) = (1/2n) sum u_i' A_i^-1 u_i.
//   g_i  = A_i (x - b_i) + noise, noise ~ N(0, sigma²/d I), so E ||noise||² = sigma².
// Every f_i is L (1 + tilt)-smooth, f is mu-strongly convex (constants as in ProblemConstants).
struct QuadraticOptions {
  std::int64_t dim = 50;
  double L = 1, mu = 0.1, sigma = 1, zeta = 0, tilt = 0;
  std::int64_t steps = 100;  // per epoch
  bool rotate = false;
};
QuadraticOptions quadratic_options(const Term& term, int nodes);

// gradient() returns f_i(x); the loss of an evaluation is f(x) - f(x*); the initial model is 0.
std::unique_ptr<Task> make_quadratic(const QuadraticOptions& options, const NodeLayout& layout, std::int64_t batch_size, std::uint64_t seed);

}  // namespace xib
