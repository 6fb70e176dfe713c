#include <cmath>
#include <complex>
#include <optional>

#include "harness/core/check.hpp"
#include "harness/core/nan.hpp"
#include "harness/graph/dense.hpp"
#include "harness/graph/fourier.hpp"
#include "harness/graph/spectrum.hpp"

namespace xib {
namespace {

// All functions here give the mean over rounds of c in the stationary state of c <- a (γ c + 1), the covariance C <- W (γ C + I) Wᵀ in
// one direction; a = |λ|² there. (1/n) tr C is the mean of c over the directions.

// a_1, ..., a_T in turn: c after a period is `kept` times what it was before, plus `added`.
double in_turn(std::span<const double> a, double decay) {
  double kept = 1, added = 0;
  for (const double factor : a) {
    kept *= factor * decay;
    added = factor * (decay * added + 1);
  }
  double c = added / (1 - kept), sum = 0;
  for (const double factor : a) sum += c = factor * (decay * c + 1);
  return sum / static_cast<double>(a.size());
}

// The same a in every round.
double steady(double a, double decay) { return a / (1 - decay * a); }
// One of a_1, ..., a_T, drawn anew in each round; in expectation, as the draw does not depend on the c before it.
double drawn(std::span<const double> a, double decay) {
  double mean = 0;
  for (const double factor : a) mean += factor / static_cast<double>(a.size());
  return steady(mean, decay);
}

// Means of the products of 1, ..., T different ones of a_1, ..., a_T: elementary symmetric polynomials over binomial coefficients. After
// k of them, means[s] is the mean over all choices of s; the choice has the (k + 1)-st with probability s / (k + 1).
std::vector<double> means_of_products(std::span<const double> a) {
  std::vector<double> means(a.size() + 1, 0.0);
  means[0] = 1;
  for (std::size_t k = 0; k < a.size(); ++k)
    for (std::size_t s = k + 1; s >= 1; --s) {
      const double share = static_cast<double>(s) / static_cast<double>(k + 1);
      means[s] = share * a[k] * means[s - 1] + (1 - share) * means[s];
    }
  return means;
}

// All of a_1, ..., a_T in every T rounds, in an order drawn anew; in expectation. c after t rounds of a block is
// Σ_{s=1}^t γ^(s-1) (the last s factors) + γ^t (all t factors) c_0, and c_0, of the blocks before, does not depend on the order.
double reordered(std::span<const double> a, double decay) {
  const auto means = means_of_products(a);
  double added = 0, kept = 1, added_in_all = 0, kept_in_all = 0;
  for (std::size_t t = 1; t <= a.size(); ++t) {
    added += std::pow(decay, static_cast<double>(t - 1)) * means[t];
    kept = std::pow(decay, static_cast<double>(t)) * means[t];
    added_in_all += added;
    kept_in_all += kept;
  }
  return (added_in_all + kept_in_all * added / (1 - kept)) / static_cast<double>(a.size());
}

// The matrices have their eigenvectors in common, so that each frequency is a direction of its own.
double by_fourier(std::span<const MixingMatrix> matrices, const GroupShape& shape, double decay, double (*rule)(std::span<const double>, double)) {
  std::vector<std::vector<std::complex<double>>> values;
  for (const auto& w : matrices) values.push_back(fourier_eigenvalues(w, shape));
  std::vector<double> a(values.size());
  double sum = 0;
  for (std::size_t f = 0; f < values.front().size(); ++f) {
    for (std::size_t k = 0; k < a.size(); ++k) a[k] = std::norm(values[k][f]);
    sum += rule(a, decay);
  }
  return sum / static_cast<double>(values.front().size());
}

// E C is a multiple of I - J plus one of J, as no node is preferred, and p says how the first is kept: E[W (I - J) Wᵀ] = (1 - p)(I - J).
double of_exchangeable(const MixingSchedule& schedule, double decay) {
  const double n = schedule.nodes();
  return (steady(1, decay) + (n - 1) * steady(1 - spectrum(schedule).p, decay)) / n;
}

double of_symmetric(const MixingMatrix& w, double decay) {
  double sum = 0;
  for (const double value : symmetric_eigenvalues(dense(w))) sum += steady(value * value, decay);
  return sum / w.size();
}

// Effective number of neighbors by the recursion on the n x n covariance, from C = 0 until the remainder of the start is small: 1e-12 of it for a period, 1e-4
// for random rounds, which scatter far more. nullopt: too expensive.
std::optional<double> by_covariance(const MixingSchedule& schedule, double decay) {
  const std::int64_t window = schedule.period() > 0 ? schedule.period() : 1000;
  const double start = schedule.period() > 0 ? 1e-12 : 1e-4;
  const double settling = decay > 0 ? std::ceil(std::log(start) / std::log(decay) / static_cast<double>(window)) : 1;
  const double rounds = (settling + 1) * static_cast<double>(window), n = schedule.nodes();
  double entries = n;
  for (const auto& w : schedule.matrices()) entries += static_cast<double>(w.messages()) / static_cast<double>(window);
  if (schedule.period() == 0) entries += static_cast<double>(schedule.at(0).messages());
  if (2 * rounds * entries * n > kNeighborsWork || n > kDenseNodes) return std::nullopt;
  Dense covariance(schedule.nodes());
  double sum = 0;
  for (std::int64_t t = 0; t < static_cast<std::int64_t>(rounds); ++t) {
    for (double& value : covariance.values) value *= decay;
    for (int i = 0; i < covariance.n; ++i) covariance(i, i) += 1;
    const MixingMatrix& w = schedule.at(t);
    covariance = w * transposed(w * covariance);
    if (static_cast<double>(t) >= rounds - static_cast<double>(window)) sum += trace(covariance);
  }
  return sum / (static_cast<double>(window) * n);
}

std::optional<double> mean_variance(const MixingSchedule& schedule, double decay) {
  const Law& law = schedule.law();
  if (law.exchangeable) return of_exchangeable(schedule, decay);
  const auto support = support_of(law);
  const std::span<const MixingMatrix> matrices = schedule.period() > 0 ? schedule.matrices() : std::span<const MixingMatrix>(support);
  if (const auto shape = matrices.empty() ? std::nullopt : translation_group(matrices))
    return by_fourier(matrices, *shape, decay, schedule.period() > 0 ? in_turn : law.reordered ? reordered : drawn);
  if (schedule.period() == 1 && matrices[0].symmetric() && schedule.nodes() <= kDenseNodes) return of_symmetric(matrices[0], decay);
  return by_covariance(schedule, decay);
}

}  // namespace

double effective_neighbors(const MixingSchedule& schedule, double decay) {
  require(0 <= decay && decay < 1, "the decay of the effective number of neighbors is {}: use a value in [0, 1)", decay);
  if (schedule.at(0).stochastic() == MixingMatrix::Stochastic::columns) return kNaN;
  const auto variance = mean_variance(schedule, decay);
  return variance ? 1 / (1 - decay) / *variance : kNaN;
}

}  // namespace xib
