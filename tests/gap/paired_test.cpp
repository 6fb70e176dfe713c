#include "harness/gap/paired.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "harness/core/check.hpp"
#include "harness/core/nan.hpp"
#include "harness/gap/holm.hpp"
#include "harness/gap/student.hpp"

using namespace xib;

namespace {
const std::vector<double> kBaseline{80, 84, 88};
}  // namespace

TEST_CASE("the spread of 2, 4, 6 is mean 4 and standard deviation 2") {
  const Spread spread = spread_of(std::vector<double>{2, 4, 6});

  CHECK(spread.n == 3);
  CHECK(spread.mean == 4);
  CHECK(spread.sd == 2);
  CHECK(std::isnan(spread_of(std::vector<double>{2}).sd));
  CHECK(std::isnan(spread_of({}).mean));
  CHECK(std::isnan(spread_of(std::vector<double>{2, kNaN}).mean));
}

TEST_CASE("differences of -1, -2, -3 have the interval of the t table") {
  const Paired paired = compare_paired(std::vector<double>{79, 82, 85}, kBaseline, 0.25);

  CHECK(paired.difference.mean == -2);
  CHECK(paired.difference.sd == 1);
  CHECK(paired.interval.low == Approx(-2 - 4.302652730 / std::sqrt(3.0)).epsilon(1e-9));
  CHECK(paired.interval.high == Approx(-2 + 4.302652730 / std::sqrt(3.0)).epsilon(1e-9));
  CHECK(paired.rho == Approx(1).epsilon(1e-15));
  CHECK(paired.verdict == Verdict::undecided);  // the interval reaches +0.48
}

TEST_CASE("the half-widths of 3, 5 and 10 seeds are 2.48, 1.24 and 0.72 standard deviations") {
  CHECK(t_half_width(1, 3, 0.95) == Approx(2.484).epsilon(1e-3));
  CHECK(t_half_width(1, 5, 0.95) == Approx(1.242).epsilon(1e-3));
  CHECK(t_half_width(1, 10, 0.95) == Approx(0.715).epsilon(1e-3));
  CHECK(std::isnan(t_half_width(1, 1, 0.95)));
}

TEST_CASE("the correlation of hand-made arms") {
  const std::vector<double> up{1, 2, 3}, down{3, 2, 1}, bent{1, 3, 2};

  CHECK(compare_paired(up, down, 1).rho == Approx(-1).epsilon(1e-15));
  CHECK(compare_paired(up, bent, 1).rho == Approx(0.5).epsilon(1e-15));
  CHECK(std::isnan(compare_paired(up, std::vector<double>{5, 5, 5}, 1).rho));
  CHECK(std::isnan(compare_paired(std::vector<double>{1, 2}, std::vector<double>{1, 3}, 1).rho));
}

TEST_CASE("a gap is an interval wholly outside of the margin") {
  const std::vector<double> worse{78, 82.25, 85.75};  // differences -2, -1.75, -2.25: 95 % interval -2.621 to -1.379

  CHECK(compare_paired(worse, kBaseline, 0.25).verdict == Verdict::gap);
  CHECK(compare_paired(worse, kBaseline, 1.37).verdict == Verdict::gap);
  CHECK(compare_paired(worse, kBaseline, 1.39).verdict == Verdict::undecided);  // the estimate is beyond the margin, the interval is not
  CHECK(compare_paired(worse, kBaseline, 1.39).why == "there is a difference, but it may be within 1.39 points");
  CHECK(compare_paired(kBaseline, worse, 0.25).verdict == Verdict::gap);  // better is a gap too
}

TEST_CASE("no gap takes an interval wholly inside of the margin, whether or not it holds zero") {
  const std::vector<double> near{80.25, 84.125, 88};  // differences 0.25, 0.125, 0: 95 % interval -0.186 to 0.436

  CHECK(compare_paired(near, kBaseline, 0.44).verdict == Verdict::no_gap);
  CHECK(compare_paired(near, kBaseline, 0.43).verdict == Verdict::undecided);
  const std::vector<double> shifted{80.25, 84.25, 88.25};  // no spread at all: a difference, certainly, but a small one
  CHECK(compare_paired(shifted, kBaseline, 0.5).verdict == Verdict::no_gap);
  CHECK(compare_paired(shifted, kBaseline, 0.25).verdict == Verdict::undecided);
  CHECK(compare_paired(shifted, kBaseline, 0.125).verdict == Verdict::gap);
}

TEST_CASE("p is what the interval would have to miss by") {
  const std::vector<double> worse{78, 82.25, 85.75};  // -2 with standard error 0.25 / sqrt(3)
  const Paired paired = compare_paired(worse, kBaseline, 1.39);
  CHECK(paired.p == Approx(student_t_tails(0.61 / (0.25 / std::sqrt(3.0)), 2)).epsilon(1e-12));
  const ConfidenceInterval ends = t_interval(paired.difference, 1 - paired.p);
  CHECK(ends.high == Approx(-1.39).epsilon(1e-9));
}

TEST_CASE("Holm's adjusted p values by hand") {
  const auto adjusted = holm({0.01, 0.04, kNaN, 0.03, 0.005});  // 4 of them: 0.005 x 4, 0.01 x 3, 0.03 x 2, then not below that
  CHECK(adjusted[4] == Approx(0.02).epsilon(1e-15));
  CHECK(adjusted[0] == Approx(0.03).epsilon(1e-15));
  CHECK(adjusted[3] == Approx(0.06).epsilon(1e-15));
  CHECK(adjusted[1] == Approx(0.06).epsilon(1e-15));
  CHECK(std::isnan(adjusted[2]));
  CHECK(holm({0.9, 0.8}) == std::vector<double>{1, 1});
  CHECK(holm({}).empty());
}

TEST_CASE("a word holds for the table where its adjusted p value is below 5 %") {
  Paired paired = compare_paired(std::vector<double>{78, 82.25, 85.75}, kBaseline, 0.25);
  CHECK(verdict_of_table(paired) == Verdict::undecided);  // not adjusted yet
  paired.p_table = 0.049;
  CHECK(verdict_of_table(paired) == Verdict::gap);
  paired.p_table = 0.05;
  CHECK(verdict_of_table(paired) == Verdict::undecided);
}

TEST_CASE("without a second seed, a margin or a final accuracy the word is undecided, with the reason") {
  const Paired one = compare_paired(std::vector<double>{70}, std::vector<double>{80}, 0.5);
  CHECK(one.verdict == Verdict::undecided);
  CHECK(one.why == "1 seed in both arms: a spread needs 2 or more");
  CHECK(compare_paired({}, {}, 0.5).why == "0 seeds in both arms: a spread needs 2 or more");

  const Paired no_margin = compare_paired(std::vector<double>{70, 71, 72}, kBaseline, 0);
  CHECK(no_margin.verdict == Verdict::undecided);
  CHECK(no_margin.why.find("set delta") != std::string::npos);

  const Paired lost = compare_paired(std::vector<double>{80, kNaN, 88}, kBaseline, 0.5);
  CHECK(lost.verdict == Verdict::undecided);
  CHECK(lost.why.find("without a final accuracy") != std::string::npos);
  CHECK(lost.difference.n == 3);
}

TEST_CASE("arms of different length are refused") { CHECK_THROWS_AS(compare_paired(std::vector<double>{1}, kBaseline, 1), Error); }

TEST_CASE("the seeds that resolve a margin are the fewest whose half-width is within it") {
  // t_{.975,n-1}/sqrt(n): 1.242 at 5, 1.049 at 6, 0.925 at 7
  CHECK(seeds_to_resolve(1, 1.25) == 5);
  CHECK(seeds_to_resolve(1, 1) == 7);
  CHECK(seeds_to_resolve(0, 0.1) == 2);
  CHECK(seeds_to_resolve(1, 0.001) == 0);
  CHECK(seeds_to_resolve(1, 0) == 0);
}
