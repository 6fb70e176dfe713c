#pragma once

#include <cstdint>

#include "reference/problem.hpp"

namespace xib::reference {

// f_i(x) = 1/2 sum_c a_ic (x_c - b_ic)², f = (1/n) sum_i f_i; a stochastic gradient is ∇f_i(x) + noise · N(0, 1) per coordinate, from the
// stream (seed, gradient_noise, node, step). Everything that the theory asks for is known.
struct Quadratic {
  Matrix curvature;  // a, n x d
  Matrix centre;     // b, n x d
  double noise = 0;
  std::uint64_t seed = 0;
};

// Curvature a on every coordinate of every node; centres N(0, spread²) from the stream (seed, problem, node).
Quadratic isotropic(int nodes, int dim, double a, double spread, double noise, std::uint64_t seed);

Problem problem(const Quadratic& q, const Vector& initial);  // the loss is f_i at x, without noise

Vector gradient(const Quadratic& q, int node, const Vector& x);  // ∇f_i(x)
Vector gradient(const Quadratic& q, const Vector& x);            // ∇f(x)
double value(const Quadratic& q, const Vector& x);               // f(x)
Vector optimum(const Quadratic& q);                              // x* = sum_i a_i b_i / sum_i a_i
double smoothness(const Quadratic& q);                           // L = max a_ic
double noise_variance(const Quadratic& q);                       // σ² = d noise²
double heterogeneity(const Quadratic& q);                        // ζ² = (1/n) sum_i ||∇f_i(x*)||²

}  // namespace xib::reference
