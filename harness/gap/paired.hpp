#pragma once

#include <span>
#include <string>
#include <string_view>

#include "harness/core/metric.hpp"
#include "harness/core/nan.hpp"
#include "harness/gap/looks.hpp"

namespace xib {

// Statistics of a gap. The unit of replication is the seed: nodes, epochs and evaluations of one run are not replicates.

struct Spread {
  int n = 0;
  double mean = kNaN;  // NaN for n = 0, and if any value is NaN, because no value is dropped
  double sd = kNaN;    // of the sample (n - 1); NaN for n < 2
};
Spread spread_of(std::span<const double> values);

struct ConfidenceInterval {
  double low = kNaN, high = kNaN;
};
ConfidenceInterval t_interval(const Spread& spread, double confidence);  // of the mean; NaN for n < 2
double t_half_width(double sd, int n, double confidence);                // t_{(1+confidence)/2, n-1} sd / sqrt(n); NaN for n < 2

inline constexpr double kConfidence = 0.95;  // of every interval that is shown
inline constexpr double kFalseWords = 0.05;  // 1 - kConfidence: bound on the rate of false verdicts

// Verdict of a comparison. "Not significant" is never "no gap", which needs an interval inside the margin.
enum class Verdict { gap, no_gap, undecided, diverged };
std::string_view name(Verdict verdict);  // gap, no gap larger than delta, undecided, diverged

struct Paired {
  Spread difference;                     // variant - baseline, by seed; n pairs
  ConfidenceInterval interval;           // of kConfidence; where looks are planned, of all of them together. NaN where none of them covers n pairs
  int look = 0;                          // the planned one at which it is judged, from 1; 0: none
  double rho = kNaN;                     // correlation of the two arms; NaN for n < 3 or an arm without spread
  Verdict verdict = Verdict::undecided;  // of this comparison alone
  double p_at_look = kNaN;               // both tails of t at the margin: 1 - the confidence at which a t interval ends there; NaN: no interval
  double p = kNaN;                       // 1 - the largest confidence at which the interval still gives gap or no gap; with looks see set_p(); NaN: no interval
  double p_table = kNaN;                 // the same for all comparisons of a table at once (Holm); NaN: not set, or no p
  bool worse = false;                    // the variant is worse than the baseline, by the direction of the metric; false without a mean
  std::string why;                       // the reason for the verdict
};

// Compares two arms of equal length whose k-th values share a seed. delta: the margin in the unit of the values; 0: none declared. metric: says which direction
// is worse. The verdict follows from the t interval of the mean difference at kConfidence:
//   gap        it lies wholly outside of [-delta, delta]
//   no gap     it lies wholly inside of (-delta, delta)
//   undecided  anything else
// looks: the planned looks, which widen the interval so that it holds at all of them together. Between two looks the level of the earlier look holds. Before
// the first look and after the last there is no interval and no verdict. A false verdict needs an interval that misses the true difference, so its rate is at
// most 1 - kConfidence for every true difference (harness/gap/README.md). The caller sets diverged if a run of either arm has no final score because it
// diverged.
Paired compare_paired(std::span<const double> variant, std::span<const double> baseline, double delta, const Metric& metric = top1_accuracy(),
                      const Looks& looks = Looks());

// Sets p to the repeated p value, which Holm's procedure takes. This takes some milliseconds.
void set_p(Paired& paired, const Looks& looks);

// Level of the interval after n pairs, at the look that covers them; without looks kFalseWords. NaN: no look covers n pairs.
double level_after(int n, const Looks& looks);

// Verdict that holds for all comparisons of the table at once: that of the row, or undecided.
Verdict verdict_of_table(const Paired& paired);

// Smallest number of seeds at which the half width of the 95 % interval of a difference with this standard deviation is at most delta; 0: more than 1000, or no
// delta.
int seeds_to_resolve(double sd, double delta);

}  // namespace xib
