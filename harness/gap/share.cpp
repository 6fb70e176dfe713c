#include "harness/gap/share.hpp"

#include <cmath>
#include <vector>

#include "harness/core/check.hpp"
#include "harness/gap/student.hpp"

namespace xib {
namespace {

double covariance(std::span<const double> a, std::span<const double> b, double mean_a, double mean_b) {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += (a[k] - mean_a) * (b[k] - mean_b);
  return sum / (static_cast<double>(a.size()) - 1);
}

}  // namespace

Share share_of_gap(std::span<const double> arm, std::span<const double> against, std::span<const double> baseline, const Looks& looks) {
  require(arm.size() == against.size() && arm.size() == baseline.size(), "the share of a gap needs arms of one length, not {}, {} and {}", arm.size(),
          against.size(), baseline.size());
  std::vector<double> a, g;
  for (std::size_t k = 0; k < arm.size(); ++k) a.push_back(arm[k] - against[k]), g.push_back(baseline[k] - against[k]);
  const Spread won = spread_of(a), gap = spread_of(g);
  Share share;
  share.pairs = won.n;
  share.estimate = won.mean / gap.mean;
  if (won.n < 2) return share.why = fmt::format("{} seed{} in all three arms: a spread needs 2 or more", won.n, won.n == 1 ? "" : "s"), share;
  if (!std::isfinite(won.mean) || !std::isfinite(gap.mean)) return share.why = "a run without a final score stays in: there is no mean", share;
  const double level = level_after(won.n, looks);
  if (std::isnan(level)) return share.why = fmt::format("{} seeds in all three arms: no planned look covers them", won.n), share;
  // |mean(a) - ρ mean(g)| <= t s(a - ρ g) / sqrt(n), squared: A ρ² - 2 B ρ + C <= 0.
  const double t = student_t_quantile(looks.planned() ? 1 - level / 2 : (1 + kConfidence) / 2, won.n - 1), k = t * t / won.n;
  const double A = gap.mean * gap.mean - k * gap.sd * gap.sd, C = won.mean * won.mean - k * won.sd * won.sd;
  const double B = won.mean * gap.mean - k * covariance(a, g, won.mean, gap.mean);
  if (!(A > 0)) return share.why = "the gap is not told apart from 0, so its share has no bounded interval", share;
  const double root = std::sqrt(std::fmax(0, B * B - A * C));  // not negative but by rounding: the estimate itself fulfils the inequality
  share.interval = {(B - root) / A, (B + root) / A};
  return share;
}

}  // namespace xib
