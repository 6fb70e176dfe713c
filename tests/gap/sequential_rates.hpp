#pragma once

#include <span>
#include <vector>

#include "harness/gap/looks.hpp"
#include "tests/gap/verdict_rates.hpp"

namespace xib {

// How often verdicts that are looked at until there is one say what, by simulation.
struct SequentialRates {
  double gap = 0, no_gap = 0, open = 0, wrong = 0;  // shares of tables; wrong: a word that the truth does not bear out
  double seeds = 0;                                 // on average
};

// A row with differences of standard deviation sd around the truth. interval: of which procedure; `looks`: where it is looked at until there is a word.
inline SequentialRates rates_of_looks(const std::vector<int>& looks, const Looks& interval, double truth, double delta, double sd, Noise noise, int tables,
                                      std::uint64_t seed) {
  RandomStream stream(seed, Purpose::synthetic_data);
  SequentialRates rates;
  const std::vector<double> baseline(static_cast<std::size_t>(looks.back()), 0.0);
  std::vector<double> variant(baseline.size());
  for (int table = 0; table < tables; ++table) {
    for (auto& value : variant) value = truth + sd * draw(stream, noise);
    Verdict word = Verdict::undecided;
    int seeds = 0;
    for (const int n : looks) {
      const auto pairs = static_cast<std::size_t>(n);
      seeds = n;
      word = compare_paired(std::span(variant).first(pairs), std::span(baseline).first(pairs), delta, top1_accuracy(), interval).verdict;
      if (word != Verdict::undecided) break;
    }
    rates.gap += word == Verdict::gap, rates.no_gap += word == Verdict::no_gap, rates.open += word == Verdict::undecided;
    rates.wrong += is_wrong(word, truth, delta), rates.seeds += seeds;
  }
  for (double* rate : {&rates.gap, &rates.no_gap, &rates.open, &rates.wrong, &rates.seeds}) *rate /= tables;
  return rates;
}

}  // namespace xib
