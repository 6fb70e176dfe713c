#include "harness/graph/spectrum.hpp"

#include <algorithm>
#include <cmath>

#include "harness/core/check.hpp"
#include "harness/core/nan.hpp"
#include "harness/graph/dense.hpp"
#include "harness/graph/fourier.hpp"

namespace xib {
namespace {
constexpr int kSampledRounds = 1024;

// Values within rounding of 0 or 1 are 0 or 1: an exact period has p = 1, a disconnected graph p = 0.
double settled(double contraction, double rounding) {
  if (contraction < rounding) return 0;
  if (contraction > 1 - rounding) return 1;
  return contraction;
}

Spectrum of_contraction(double contraction, std::int64_t rounds) {
  Spectrum s{kNaN, kNaN, kNaN};
  s.contraction = contraction;
  s.contraction_rounds = rounds;
  if (rounds != 1) return s;
  s.p = contraction == 0 ? 1 : -std::expm1(2 * std::log(contraction));
  s.gap = 1 - contraction;
  return s;
}

Spectrum by_fourier(std::span<const MixingMatrix> period, const GroupShape& shape) {
  std::vector<std::complex<double>> product = fourier_eigenvalues(period[0], shape);
  std::size_t terms = period[0].row(0).size();
  for (std::size_t t = 1; t < period.size(); ++t) {
    const auto values = fourier_eigenvalues(period[t], shape);
    for (std::size_t f = 0; f < product.size(); ++f) product[f] *= values[f];
    terms += period[t].row(0).size();
  }
  double largest = 0, lambda2 = -1, lambda_min = 1;
  for (std::size_t f = 1; f < product.size(); ++f) {
    largest = std::max(largest, std::abs(product[f]));
    lambda2 = std::max(lambda2, product[f].real());
    lambda_min = std::min(lambda_min, product[f].real());
  }
  // each term carries at most about 2^-52 of its size, and the sizes add up to 1 per matrix
  Spectrum s = of_contraction(settled(largest, static_cast<double>(terms) * 0x1p-52), static_cast<std::int64_t>(period.size()));
  if (period.size() == 1 && period[0].symmetric()) s.lambda2 = lambda2, s.lambda_min = lambda_min;
  return s;
}

Spectrum by_solver(std::span<const MixingMatrix> period) {
  const int n = period[0].size();
  require_dense(n);
  const double rounding = 4 * n * 0x1p-52;
  if (period.size() == 1 && period[0].symmetric()) {
    const auto values = symmetric_eigenvalues(dense(period[0]));
    const double lambda2 = values[values.size() - 2], lambda_min = values.front();
    Spectrum s = of_contraction(settled(std::max(std::abs(lambda2), std::abs(lambda_min)), rounding), 1);
    s.lambda2 = lambda2;
    s.lambda_min = lambda_min;
    return s;
  }
  Dense product(n, 1.0);
  for (const auto& w : period) product = w * product;
  subtract_mean(product);
  return of_contraction(settled(spectral_norm(product), rounding), static_cast<std::int64_t>(period.size()));
}

// λ_max(E[WᵀW] - J) of a law whose E[WᵀW] is a I + b J: it is a = (E‖W‖_F² - 1) / (n - 1), so that only a number is sampled.
Spectrum of_exchangeable(const MixingSchedule& schedule) {
  const double n = schedule.nodes();
  double sum = 0, squares = 0, least = n, most = 0;
  for (int t = 0; t < kSampledRounds; ++t) {
    double norm = 0;
    const MixingMatrix& w = schedule.at(t);
    for (int i = 0; i < w.size(); ++i)
      for (const auto& weight : w.row(i)) norm += weight.value * weight.value;
    sum += norm;
    squares += norm * norm;
    least = std::min(least, norm);
    most = std::max(most, norm);
  }
  Spectrum s{kNaN, kNaN, kNaN};
  const double mean = sum / kSampledRounds;
  if (most - least > n * n * 0x1p-52) {  // else every W has this norm, and p is exact
    s.samples = kSampledRounds;
    s.p_error = std::sqrt(std::max(0.0, squares / kSampledRounds - mean * mean) / (kSampledRounds - 1)) / (n - 1);
  }
  s.p = 1 - settled((mean - 1) / (n - 1), n * 0x1p-52);
  return s;
}

Spectrum of_expectation(Dense gram) {
  Spectrum s{kNaN, kNaN, kNaN};
  subtract_mean(gram);
  s.p = 1 - settled(symmetric_eigenvalues(gram).back(), 4 * gram.n * 0x1p-52);
  return s;
}

Spectrum of_period(std::span<const MixingMatrix> period) {
  const auto shape = translation_group(period);
  return shape ? by_fourier(period, *shape) : by_solver(period);
}

Spectrum of_support(const MixingSchedule& schedule) {
  const Law& law = schedule.law();
  const auto support = support_of(law);
  const auto shape = translation_group(support);
  if (shape) {
    std::vector<double> mean(static_cast<std::size_t>(schedule.nodes()));
    for (const auto& w : support) {
      const auto values = fourier_eigenvalues(w, *shape);
      for (std::size_t f = 0; f < mean.size(); ++f) mean[f] += std::norm(values[f]) / law.support_size;
    }
    Spectrum s{kNaN, kNaN, kNaN};
    s.p = 1 - settled(*std::max_element(mean.begin() + 1, mean.end()), 8 * 0x1p-52);
    return s;
  }
  require_dense(schedule.nodes());
  Dense gram(schedule.nodes());
  for (const auto& w : support) add_gram(w, 1.0 / law.support_size, gram);
  return of_expectation(std::move(gram));
}

// Spectrum of an unknown law, from the mean over sampled rounds. Its largest eigenvalue is biased upwards, so p is biased downwards; p_error is half the
// difference between two halves of the sample.
Spectrum of_samples(const MixingSchedule& schedule) {
  require_dense(schedule.nodes());
  Dense halves[2] = {Dense(schedule.nodes()), Dense(schedule.nodes())}, gram(schedule.nodes());
  for (int t = 0; t < kSampledRounds; ++t) add_gram(schedule.at(t), 2.0 / kSampledRounds, halves[t % 2]);
  for (std::size_t k = 0; k < gram.values.size(); ++k) gram.values[k] = (halves[0].values[k] + halves[1].values[k]) / 2;
  const double first = of_expectation(halves[0]).p, second = of_expectation(halves[1]).p;
  Spectrum s = of_expectation(std::move(gram));
  s.samples = kSampledRounds;
  s.p_error = std::abs(first - second) / 2;
  return s;
}

}  // namespace

Spectrum spectrum(const MixingSchedule& schedule) {
  Spectrum s{kNaN, kNaN, kNaN};
  s.period = schedule.period();
  if (schedule.at(0).stochastic() == MixingMatrix::Stochastic::columns) return s;
  if (schedule.nodes() == 1) {
    s = of_contraction(0, std::max<std::int64_t>(1, schedule.period()));
  } else if (schedule.period() > 0) {
    s = of_period(schedule.matrices());
  } else {
    const Law& law = schedule.law();
    if (law.reordered)
      s = of_period(support_of(law));
    else
      s = law.exchangeable ? of_exchangeable(schedule) : law.support_size > 0 ? of_support(schedule) : of_samples(schedule);
  }
  s.period = schedule.period();
  return s;
}

double rounds_to_reduce(double p, double factor) {
  if (!(p > 0)) return -1;
  if (factor <= 1) return 0;
  if (p >= 1) return 1;
  const double rounds = std::log(factor) / (-0.5 * std::log1p(-p));
  return std::max(1.0, std::ceil(rounds * (1 - 1e-12)));  // a whole number of rounds stays whole in spite of rounding
}

double rounds_to_reduce(const Spectrum& s, double factor) {
  if (s.contraction_rounds <= 1) return rounds_to_reduce(s.p, factor);
  const double periods = rounds_to_reduce((1 - s.contraction) * (1 + s.contraction), factor);
  return periods < 0 ? periods : periods * static_cast<double>(s.contraction_rounds);
}

RoundTraffic round_traffic(const MixingSchedule& schedule) {
  const std::int64_t rounds = schedule.period() > 0 ? schedule.period() : 256;
  RoundTraffic traffic;
  double messages = 0;
  for (std::int64_t t = 0; t < rounds; ++t) {
    const MixingMatrix& w = schedule.at(t);
    messages += static_cast<double>(w.messages());
    traffic.most_received = std::max(traffic.most_received, w.max_degree());
    for (const auto& list : receivers(graph_of(w))) traffic.most_sent = std::max(traffic.most_sent, static_cast<int>(list.size()));
  }
  traffic.sent = messages / (static_cast<double>(rounds) * schedule.nodes());
  return traffic;
}

}  // namespace xib
