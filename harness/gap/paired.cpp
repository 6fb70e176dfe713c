#include "harness/gap/paired.hpp"

#include <cmath>
#include <vector>

#include "harness/core/check.hpp"
#include "harness/core/nan.hpp"
#include "harness/gap/student.hpp"

namespace xib {
namespace {

double correlation(std::span<const double> a, std::span<const double> b) {
  const Spread sa = spread_of(a), sb = spread_of(b);
  if (sa.n < 3 || !(sa.sd > 0) || !(sb.sd > 0)) return kNaN;  // through two points any line passes
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += (a[k] - sa.mean) * (b[k] - sb.mean);
  return sum / ((sa.n - 1) * sa.sd * sb.sd);
}

// Distance of the mean from the margin in standard errors, as both tails of t. The interval of confidence 1 - p ends at the margin.
double p_of(const Spread& d, double delta) {
  const double beyond = std::abs(std::abs(d.mean) - delta);
  if (beyond == 0) return 1;
  return d.sd > 0 ? student_t_tails(beyond / (d.sd / std::sqrt(d.n)), d.n - 1) : 0;
}

void decide(Paired& paired, double delta, const Metric& metric, const Looks& looks) {
  const auto amount = [&] { return Metric::with_unit(fmt::format("{}", delta), metric.points()); };
  const Spread& d = paired.difference;
  const auto say = [&](Verdict verdict, std::string why) { paired.verdict = verdict, paired.why = std::move(why); };
  if (d.n < 2) return say(Verdict::undecided, fmt::format("{} seed{} in both arms: a spread needs 2 or more", d.n, d.n == 1 ? "" : "s"));
  if (!std::isfinite(d.mean)) return say(Verdict::undecided, fmt::format("a run without a final {} stays in: there is no mean", metric.label()));
  if (looks.beyond(d.n))
    return say(Verdict::undecided, fmt::format("{} seeds in both arms, and the last planned look is at {}: later ones are no part of the plan, leave them out",
                                               d.n, looks.pairs().back()));
  if (looks.planned() && paired.look == 0)
    return say(Verdict::undecided, fmt::format("{} seeds in both arms: the first look is at {}", d.n, looks.pairs().front()));
  if (!(delta > 0))
    return say(Verdict::undecided, "the sweep declares no margin: set delta" + (metric == top1_accuracy() ? "" : ", in the unit of the " + metric.label()));
  paired.p_at_look = p_of(d, delta);
  if (!looks.planned()) paired.p = paired.p_at_look;
  if (paired.p_at_look < level_after(d.n, looks)) {
    if (std::abs(d.mean) > delta) return say(Verdict::gap, fmt::format("the 95 % interval lies outside of +- {}", amount()));
    return say(Verdict::no_gap, fmt::format("the 95 % interval lies inside of +- {}", amount()));
  }
  if (paired.interval.low > 0 || paired.interval.high < 0)
    return say(Verdict::undecided, fmt::format("there is a difference, but it may be within {}", amount()));
  say(Verdict::undecided, fmt::format("the interval is too wide: it holds 0 and reaches {}", amount()));
}

}  // namespace

Spread spread_of(std::span<const double> values) {
  Spread spread{static_cast<int>(values.size())};
  if (values.empty()) return spread;
  double sum = 0, squares = 0;
  for (const double value : values) sum += value;
  spread.mean = sum / spread.n;
  for (const double value : values) squares += (value - spread.mean) * (value - spread.mean);
  if (spread.n > 1) spread.sd = std::sqrt(squares / (spread.n - 1));
  return spread;
}

double t_half_width(double sd, int n, double confidence) { return n < 2 ? kNaN : student_t_quantile((1 + confidence) / 2, n - 1) * sd / std::sqrt(n); }

ConfidenceInterval t_interval(const Spread& spread, double confidence) {
  const double half = t_half_width(spread.sd, spread.n, confidence);
  return {spread.mean - half, spread.mean + half};
}

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::gap:
      return "gap";
    case Verdict::no_gap:
      return "no gap larger than delta";
    case Verdict::undecided:
      return "undecided";
    case Verdict::diverged:
      return "diverged";
  }
  fail("a verdict without a name: {}", static_cast<int>(verdict));
}

double level_after(int n, const Looks& looks) {
  if (!looks.planned()) return kFalseWords;
  const int look = looks.at(n);
  return look == 0 || looks.beyond(n) ? kNaN : looks.level(look);
}

void set_p(Paired& paired, const Looks& looks) {
  if (looks.planned() && !std::isnan(paired.p_at_look)) paired.p = looks.overall(paired.look, paired.p_at_look);
}

Paired compare_paired(std::span<const double> variant, std::span<const double> baseline, double delta, const Metric& metric, const Looks& looks) {
  require(variant.size() == baseline.size(), "a paired comparison needs arms of one length, not {} and {}", variant.size(), baseline.size());
  std::vector<double> differences;
  for (std::size_t k = 0; k < variant.size(); ++k) differences.push_back(variant[k] - baseline[k]);
  Paired paired;
  paired.difference = spread_of(differences);
  paired.look = looks.beyond(paired.difference.n) ? 0 : looks.at(paired.difference.n);
  const double level = level_after(paired.difference.n, looks);
  if (!std::isnan(level)) paired.interval = t_interval(paired.difference, looks.planned() ? 1 - level : kConfidence);
  paired.rho = correlation(variant, baseline);
  paired.worse = metric.higher_is_better() ? paired.difference.mean < 0 : paired.difference.mean > 0;
  decide(paired, delta, metric, looks);
  return paired;
}

Verdict verdict_of_table(const Paired& paired) {
  const bool is_word = paired.verdict == Verdict::gap || paired.verdict == Verdict::no_gap;
  return is_word && !(paired.p_table < kFalseWords) ? Verdict::undecided : paired.verdict;
}

int seeds_to_resolve(double sd, double delta) {
  if (!(delta > 0) || !std::isfinite(sd)) return 0;
  for (int n = 2; n <= 1000; ++n)
    if (t_half_width(sd, n, kConfidence) <= delta) return n;
  return 0;
}

}  // namespace xib
