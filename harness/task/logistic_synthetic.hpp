#pragma once

#include "harness/core/term.hpp"
#include "harness/task/task.hpp"

#include <memory>

namespace xib {

// f_i(x) = (1/m) sum_j log(1 + exp(-y_j a_j'x)) + (r/2) ||x||² over the m samples of node i; f = (1/n) sum f_i.
//   data   a ~ s_i N(c_i, I), c_i ~ shift N(0, I), s_i² = 1 + tilt cos(2 pi i/n); P(y = 1 | a) = 1/(1 + exp(-a'w_i)),
//          w_i ~ N(w, spread²/d I), w ~ N(0, 4/d I) (Purpose::synthetic_data, problem). Nodes differ in the mean of their samples (shift), in
//          their curvature, smoothly along a ring (tilt), and in the labels of equal samples (spread)
//   g_i    mean over `batch_size` samples drawn with replacement (Purpose::data_order): unbiased
//   L      max_i λ_max(A_i'A_i)/(4m) + r: every f_i is L-smooth, because the slope of the logistic function is at most 1/4. No smaller L
//          holds, because at x = 0 all slopes are 1/4.  mu = r
//   sigma² (1/n) sum_i (1/b) ((1/m) sum_j ||l_ij||² - ||(1/m) sum_j l_ij||²), l_ij the gradient of sample j's loss at x (the penalty is
//          the same for all): exact, because the b samples of a batch are independent. It changes during training, so gradient_variance()
//          computes it at the given model; constants() has it at x*
//   x*     by Newton's method, to a gradient norm under 1e-12; optimum, zeta² and sigma² at x* follow from it
// Boyd and Vandenberghe, Convex Optimization, section 7.1.1 (the model) and 9.5 (the method).
struct LogisticOptions {
  std::int64_t dim = 20, samples = 256;  // per node
  double regularization = 0.01, shift = 0, tilt = 0, spread = 0;
  std::int64_t test = 1024;  // samples, of all nodes' distributions in turn
};
LogisticOptions logistic_options(const Term& term, std::int64_t batch_size);

// gradient() returns f_i on the batch. An evaluation on train gives f(x) and the accuracy over the samples of all nodes, on test over unseen samples.
std::unique_ptr<Task> make_logistic_synthetic(const LogisticOptions& options, const NodeLayout& layout, std::int64_t batch_size, std::uint64_t seed);

}  // namespace xib
