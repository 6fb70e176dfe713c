#pragma once

#include <optional>
#include <vector>

namespace xib {

// Looks at a growing number of seeds, planned before the first: a group-sequential test with alpha spending, whose intervals hold at all looks together.
//
// After n_k of n_K pairs the difference may have been found outside of an interval with a rate of at most alpha(n_k / n_K) in all looks so far,
// alpha(t) = 4 (1 - Phi(z / sqrt(t))), z the upper alpha/4 quantile of the normal distribution: the O'Brien-Fleming type of Lan and DeMets (Biometrika 70,
// 1983), half of it on either side. The bounds follow by recursive integration over the looks (Armitage, McPherson, Rowe, J. R. Stat. Soc. A 132, 1969), for
// normal differences of known variance. Their tail probabilities are the levels of the t intervals (significance-level approach: Jennison and Turnbull, Group
// Sequential Methods, 2000, 3.4), and the intervals are repeated confidence intervals (chapter 9).
class Looks {
 public:
  Looks() = default;                              // none are planned: one look at whatever number of pairs
  explicit Looks(const std::vector<int>& pairs);  // n_1 < ... < n_K; throws Error(input) for what is no such list, or n_1 < 2

  bool planned() const { return !pairs_.empty(); }
  const std::vector<int>& pairs() const { return pairs_; }
  int size() const { return static_cast<int>(pairs_.size()); }

  // The look, from 1, that n pairs were seen at: the last with n_k <= n; 0: before the first.
  int at(int n) const;
  bool beyond(int n) const { return planned() && n > pairs_.back(); }  // after the last: nothing planned covers it

  // The level, both tails, of the t interval at look k that keeps the promise of confidence 1 - kFalseWords over all looks.
  double level(int look) const { return levels_.at(static_cast<std::size_t>(look - 1)); }
  // The least alpha at whose bound p, both tails of the t distribution at look k, lies: the repeated p value.
  double overall(int look, double p) const;

 private:
  std::vector<int> pairs_;
  std::vector<double> levels_;
};

// Levels of all looks, for any alpha in (0, 1).
std::vector<double> look_levels(const std::vector<int>& pairs, double alpha);

}  // namespace xib
