#include "harness/gap/looks.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "harness/core/check.hpp"
#include "harness/gap/paired.hpp"

namespace xib {
namespace {

double upper_tail(double z) { return std::erfc(z / std::numbers::sqrt2) / 2; }

// Where a falling f meets `value`, between low and high: halved until they are neighbours in double, or 1e-13 apart.
template <class Falling>
double where(Falling f, double value, double low, double high) {
  while (high - low > 1e-13 * std::max(1.0, std::abs(high))) {
    const double middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    (f(middle) > value ? low : high) = middle;
  }
  return high;
}

constexpr double kFar = 38;  // standard deviations, beyond which a tail is no double

// Points and weights of Gauss and Legendre on [-1, 1], of order 16.
struct Rule {
  static constexpr int kOrder = 16;
  double at[kOrder], weight[kOrder];
  Rule() {
    for (int i = 0; i < kOrder; ++i) {
      double x = std::cos(std::numbers::pi * (i + 0.75) / (kOrder + 0.5)), slope = 0;
      for (int step = 0; step < 20; ++step) {  // Newton's method on the Legendre polynomial
        double p = 1, before = 0;
        for (int j = 0; j < kOrder; ++j) before = std::exchange(p, ((2 * j + 1) * x * p - j * before) / (j + 1));
        slope = kOrder * (x * p - before) / (x * x - 1);
        x -= p / slope;
      }
      at[i] = x, weight[i] = 2 / ((1 - x * x) * slope * slope);
    }
  }
};

// What is left of the paths that no look has stopped: the density of S_n / sqrt(N), times the weights of an integral over it.
struct Paths {
  std::vector<double> at, mass;
};

// At points so near that the steps before and after this look, the lesser of them of standard deviation `sd`, are smooth between them.
Paths points_within(double bound, double sd) {
  static const Rule rule;
  const int panels = std::clamp(static_cast<int>(std::ceil(bound / (2 * sd))), 2, 200);
  Paths paths;
  const double half = bound / panels;
  for (int panel = 0; panel < panels; ++panel)
    for (int i = 0; i < Rule::kOrder; ++i) {
      paths.at.push_back(-bound + (2 * panel + 1) * half + half * rule.at[i]);
      paths.mass.push_back(half * rule.weight[i]);
    }
  return paths;
}

double density(double x, double sd) { return std::exp(-x * x / (2 * sd * sd)) / (sd * std::sqrt(2 * std::numbers::pi)); }

}  // namespace

std::vector<double> look_levels(const std::vector<int>& pairs, double alpha) {
  const double all = pairs.back(), z = where(upper_tail, alpha / 4, 0, kFar);
  const auto spent = [&](double t) { return t <= 0 ? 0 : 4 * upper_tail(z / std::sqrt(t)); };
  std::vector<double> levels;
  Paths paths{{0}, {1}};
  double before = 0;
  for (std::size_t k = 0; k < pairs.size(); ++k) {
    const double t = pairs[k] / all, sd = std::sqrt(t - before);
    const auto stopped = [&](double bound) {
      double sum = 0;
      for (std::size_t i = 0; i < paths.at.size(); ++i) sum += 2 * paths.mass[i] * upper_tail((bound - paths.at[i]) / sd);  // both sides alike
      return sum;
    };
    const double bound = where(stopped, spent(t) - spent(before), 0, kFar * std::sqrt(t));
    levels.push_back(2 * upper_tail(bound / std::sqrt(t)));
    if (k + 1 == pairs.size()) break;
    Paths left = points_within(bound, std::min(sd, std::sqrt(pairs[k + 1] / all - t)));
    for (std::size_t j = 0; j < left.at.size(); ++j) {
      double sum = 0;
      for (std::size_t i = 0; i < paths.at.size(); ++i) sum += paths.mass[i] * density(left.at[j] - paths.at[i], sd);
      left.mass[j] *= sum;
    }
    paths = std::move(left);
    before = t;
  }
  return levels;
}

Looks::Looks(const std::vector<int>& pairs) : pairs_(pairs) {
  if (pairs.empty()) return;
  require(pairs.front() >= 2 && std::is_sorted(pairs.begin(), pairs.end(), std::less_equal<>()), "looks need rising numbers of pairs, from 2, not {}",
          fmt::join(pairs, ", "));
  levels_ = look_levels(pairs, kFalseWords);
}

int Looks::at(int n) const { return static_cast<int>(std::upper_bound(pairs_.begin(), pairs_.end(), n) - pairs_.begin()); }

double Looks::overall(int look, double p) const {
  // The logarithm of the level is nearly a straight line in that of alpha: false position, halving the end that stays (Illinois).
  const auto above = [&](double logarithm) { return std::log(look_levels(pairs_, std::exp(logarithm)).at(static_cast<std::size_t>(look - 1)) / p); };
  double low = std::log(p), high = std::log(0.999);  // a level is never above alpha
  if (!(p < 0.999) || !(above(high) > 0)) return 1;
  if (p <= 1e-250) return 0;
  double f_low = std::fmax(above(low), -700), f_high = above(high), middle = low;  // -700: a level that no double holds
  int stays = 0;                                                                   // which end stayed last
  for (int step = 0; step < 100; ++step) {
    middle = (low * f_high - high * f_low) / (f_high - f_low);
    const double f = above(middle);
    if (std::abs(f) < 1e-11) break;
    if (f < 0) {
      low = middle, f_low = std::fmax(f, -700);
      if (std::exchange(stays, 1) == 1) f_high /= 2;
    } else {
      high = middle, f_high = f;
      if (std::exchange(stays, -1) == -1) f_low /= 2;
    }
  }
  return std::exp(middle);
}

}  // namespace xib
