#pragma once

#include <cmath>
#include <vector>

#include "harness/core/random.hpp"
#include "harness/gap/holm.hpp"
#include "harness/gap/paired.hpp"

namespace xib {

// How often the verdict says what, by simulation: differences of `seeds` pairs with standard deviation 1 around the truth.
struct Rates {
  double gap = 0, no_gap = 0, wrong = 0;  // wrong: a word that the truth does not bear out
};

enum class Noise { normal, skewed };  // skewed: an exponential less its mean, to the side of the losses

inline double draw(RandomStream& stream, Noise noise) { return noise == Noise::normal ? stream.normal() : 1 + std::log1p(-stream.uniform()); }

inline bool is_wrong(Verdict word, double truth, double delta) {
  return (word == Verdict::gap && std::abs(truth) <= delta) || (word == Verdict::no_gap && std::abs(truth) >= delta);
}

inline Rates rates_of_row(int seeds, double truth, double delta, Noise noise, int tables, std::uint64_t seed) {
  RandomStream stream(seed, Purpose::synthetic_data);
  Rates rates;
  std::vector<double> variant(static_cast<std::size_t>(seeds)), baseline(variant.size(), 0.0);
  for (int table = 0; table < tables; ++table) {
    for (auto& value : variant) value = truth + draw(stream, noise);
    const Verdict word = compare_paired(variant, baseline, delta).verdict;
    rates.gap += word == Verdict::gap, rates.no_gap += word == Verdict::no_gap, rates.wrong += is_wrong(word, truth, delta);
  }
  rates.gap /= tables, rates.no_gap /= tables, rates.wrong /= tables;
  return rates;
}

// Tables of `rows` variants, every second of them at the margin and the others `delta` beyond it, that share one baseline: half of the variance of a
// difference is the baseline's. How many tables hold any wrong word: of single rows, and of those that hold for the table.
struct TableRates {
  double alone = 0, held = 0;
};
inline TableRates rates_of_table(int rows, int seeds, double delta, Noise noise, int tables, std::uint64_t seed) {
  RandomStream stream(seed, Purpose::synthetic_data);
  TableRates rates;
  std::vector<double> baseline(static_cast<std::size_t>(seeds)), variant(baseline.size());
  for (int table = 0; table < tables; ++table) {
    for (auto& value : baseline) value = draw(stream, noise) * std::sqrt(0.5);
    std::vector<Paired> all;
    std::vector<double> p, truths;
    for (int row = 0; row < rows; ++row) {
      truths.push_back(row % 2 ? -2 * delta : -delta);
      for (auto& value : variant) value = truths.back() + draw(stream, noise) * std::sqrt(0.5);
      all.push_back(compare_paired(variant, baseline, delta));
      p.push_back(all.back().p);
    }
    const auto adjusted = holm(p);
    bool alone = false, held = false;
    for (std::size_t row = 0; row < all.size(); ++row) {
      all[row].p_table = adjusted[row];
      alone = alone || is_wrong(all[row].verdict, truths[row], delta);
      held = held || is_wrong(verdict_of_table(all[row]), truths[row], delta);
    }
    rates.alone += alone, rates.held += held;
  }
  rates.alone /= tables, rates.held /= tables;
  return rates;
}

}  // namespace xib
