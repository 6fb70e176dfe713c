#include <cmath>

#include "harness/core/check.hpp"
#include "harness/graph/dense.hpp"
#include "harness/graph/fourier.hpp"
#include "harness/graph/spectrum.hpp"

namespace xib {
namespace {

// |λ_i|² of a fixed normal W, where they can be had without iterating; else empty.
std::vector<double> squared_eigenvalues(const MixingMatrix& w) {
  std::vector<double> squares;
  if (const auto shape = translation_group({&w, 1})) {
    for (const auto& value : fourier_eigenvalues(w, *shape)) squares.push_back(std::norm(value));
  } else if (w.symmetric()) {
    require_dense(w.size());
    for (const double value : symmetric_eigenvalues(dense(w))) squares.push_back(value * value);
  }
  return squares;
}

// (1/n) tr C of the stationary C of C <- W_t (γ C + I) W_tᵀ, averaged over the rounds of a period or over 1000 random ones.
double mean_variance(const MixingSchedule& schedule, double decay) {
  const std::int64_t window = schedule.period() > 0 ? schedule.period() : 1000;
  const double digits = schedule.period() > 0 ? 1e-12 : 1e-4;  // what is left of the start; random rounds scatter far more
  require_dense(schedule.nodes());
  const auto settling =
      decay > 0 ? static_cast<std::int64_t>(std::ceil(std::log(digits) / std::log(decay) / static_cast<double>(window))) : 1;
  Dense covariance(schedule.nodes());
  double sum = 0;
  for (std::int64_t t = 0; t < (settling + 1) * window; ++t) {
    for (double& value : covariance.values) value *= decay;
    for (int i = 0; i < covariance.n; ++i) covariance(i, i) += 1;
    const MixingMatrix& w = schedule.at(t);
    covariance = w * transposed(w * covariance);
    if (t >= settling * window) sum += trace(covariance);
  }
  return sum / (static_cast<double>(window) * schedule.nodes());
}

}  // namespace

double effective_neighbors(const MixingSchedule& schedule, double decay) {
  require(0 <= decay && decay < 1, "the decay of the effective number of neighbors is {}: use a value in [0, 1)", decay);
  const MixingMatrix& first = schedule.at(0);
  if (first.stochastic() == MixingMatrix::Stochastic::columns) return std::numeric_limits<double>::quiet_NaN();
  const auto squares = schedule.period() == 1 ? squared_eigenvalues(first) : std::vector<double>();
  double variance = 0;
  for (const double square : squares) variance += square / (1 - decay * square) / schedule.nodes();
  if (squares.empty()) variance = mean_variance(schedule, decay);
  return 1 / (1 - decay) / variance;
}

}  // namespace xib
