#include "harness/task/problems.hpp"

#include "harness/task/logistic_synthetic.hpp"
#include "harness/task/quadratic.hpp"

#include <algorithm>
#include <array>

namespace xib {
namespace {

constexpr std::array<ProblemInfo, 2> kProblems = {{
    {"quadratic", "dim = 50, L = 1, mu = 0.1, sigma = 1, zeta = 0, tilt = 0, steps = 100, rotate = 0",
     "f_i(x) = 1/2 (x - b_i)' A_i (x - b_i) with known constants and optimum",
     [](const Term& term, int nodes, std::int64_t) { quadratic_options(term, nodes); },
     [](const Term& term, const NodeLayout& layout, std::int64_t batch_size, std::uint64_t seed) {
       return make_quadratic(quadratic_options(term, layout.nodes), layout, batch_size, seed);
     },
     [](const Term& term, int nodes, std::int64_t batch_size) {
       return static_cast<double>(quadratic_options(term, nodes).steps) * nodes * static_cast<double>(batch_size);
     },
     [](const Term& term, int nodes, std::int64_t) {
       const auto dim = static_cast<double>(quadratic_options(term, nodes).dim);
       return ProblemInfo::Size{static_cast<std::size_t>(dim),
                                2 * sizeof(double) * (nodes + 2.0) * dim};  // centres, and gradients at the optimum until they are made
     }},
    {"logistic-synthetic", "dim = 20, samples = 256, regularization = 0.01, shift = 0, tilt = 0, spread = 0, test = 1024",
     "logistic regression on Gaussian data, `samples` per node; nodes differ in the mean (shift), curvature (tilt), labels (spread); constants known",
     [](const Term& term, int, std::int64_t batch_size) { logistic_options(term, batch_size); },
     [](const Term& term, const NodeLayout& layout, std::int64_t batch_size, std::uint64_t seed) {
       return make_logistic_synthetic(logistic_options(term, batch_size), layout, batch_size, seed);
     },
     [](const Term& term, int nodes, std::int64_t batch_size) { return static_cast<double>(logistic_options(term, batch_size).samples) * nodes; },
     [](const Term& term, int nodes, std::int64_t batch_size) {
       const LogisticOptions o = logistic_options(term, batch_size);
       const auto dim = static_cast<double>(o.dim);
       const double samples = static_cast<double>(o.samples) * nodes + std::max<double>(nodes, static_cast<double>(o.test));
       return ProblemInfo::Size{static_cast<std::size_t>(o.dim), sizeof(double) * (samples * (dim + 2) + 4 * dim * dim)};  // and Hessians, for the constants
     }},
}};

}  // namespace

std::span<const ProblemInfo> problems() { return kProblems; }

const ProblemInfo* find_problem(std::string_view name) {
  for (const auto& info : kProblems)
    if (info.name == name) return &info;
  return nullptr;
}

}  // namespace xib
