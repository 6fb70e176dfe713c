#pragma once

#include <cstdint>

#include "reference/problem.hpp"

namespace xib::reference {

// f_i(x) = (1/m) sum_j l_ij(x) + (r/2) ||x||², l_ij(x) = log(1 + exp(-y_ij a_ij'x)), f = (1/n) sum_i f_i; a stochastic gradient is that of
// the mean over `batch` of a node's m samples, drawn with replacement from the stream (seed, data_order, node, step). Everything that
// the theory asks for is known. Boyd and Vandenberghe, Convex Optimization, sections 7.1.1 and 9.5.
struct Logistic {
  std::vector<Matrix> features;  // a, of every node m x d
  std::vector<Vector> labels;    // y, of every node m times -1 or 1
  double regularization = 0;     // r
  std::int64_t batch = 1;
  std::uint64_t seed = 0;
};

struct LogisticData {
  int nodes = 1, dim = 1, samples = 1;  // samples per node
  double shift = 0, tilt = 0, spread = 0;
};
// a ~ s_i N(c_i, I) with c_i ~ shift N(0, I) and s_i² = 1 + tilt cos(2 pi i/n), P(y = 1 | a) = 1/(1 + exp(-a'w_i)) with w_i ~ N(w, spread²/d I),
// w ~ N(0, 4/d I). Streams: w from (seed, problem), w_i - w from (seed, problem, node, 1), c_i from (seed, synthetic_data, node, 1), the
// samples, each its features and then its label, from (seed, synthetic_data, node, 2).
Logistic gaussian_logistic(const LogisticData& data, double regularization, std::int64_t batch, std::uint64_t seed);

Problem problem(const Logistic& q, const Vector& initial);  // the loss is that of the batch, the penalty included

Vector sample_gradient(const Logistic& q, int node, std::size_t sample, const Vector& x);  // ∇l_ij(x)
Vector gradient(const Logistic& q, int node, const Vector& x);                             // ∇f_i(x)
Vector gradient(const Logistic& q, const Vector& x);                                       // ∇f(x)
double value(const Logistic& q, const Vector& x);                                          // f(x)
Matrix hessian(const Logistic& q, int node, const Vector& x);                              // ∇²f_i(x)
Vector optimum(const Logistic& q);                                                         // x*, by Newton's method
double smoothness(const Logistic& q);  // L = max_i λ_max(∇²f_i(0)): everywhere else the slopes of the logistic function are smaller
// σ²(x) = (1/n) sum_i (1/batch) (1/m) sum_j ||∇l_ij(x) - mean_j ∇l_ij(x)||², the variance of a mean of independent draws
double noise_variance(const Logistic& q, const Vector& x);
double heterogeneity(const Logistic& q);  // ζ² = (1/n) sum_i ||∇f_i(x*)||²

}  // namespace xib::reference
