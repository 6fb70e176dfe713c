#include "harness/gap/share.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "harness/core/check.hpp"
#include "harness/core/nan.hpp"
#include "harness/core/random.hpp"

using namespace xib;

TEST_CASE("the share of a gap by hand") {
  // gaps 2, 4; won 1, 2: half of it in each seed, so no doubt is left
  const Share half = share_of_gap(std::vector<double>{81, 82}, std::vector<double>{80, 80}, std::vector<double>{82, 84});
  CHECK(half.pairs == 2);
  CHECK(half.estimate == 0.5);
  // the gap of 3 with standard error 1 is not told apart from 0 by t = 12.7
  CHECK(std::isnan(half.interval.low));
  CHECK(half.why == "the gap is not told apart from 0, so its share has no bounded interval");
}

TEST_CASE("the ends of Fieller's interval are where the t test of a - rho g ends to refuse") {
  const std::vector<double> against{80, 81, 79, 80}, arm{81.2, 81.9, 80.1, 81.3}, baseline{82.1, 82.8, 81.3, 81.9};
  const Share share = share_of_gap(arm, against, baseline);
  CHECK(share.why.empty());
  CHECK(share.interval.low < share.estimate);
  CHECK(share.estimate < share.interval.high);
  for (const double end : {share.interval.low, share.interval.high}) {
    std::vector<double> rest;
    for (std::size_t k = 0; k < arm.size(); ++k) rest.push_back(arm[k] - against[k] - end * (baseline[k] - against[k]));
    const ConfidenceInterval interval = t_interval(spread_of(rest), kConfidence);
    CHECK(std::fmin(std::abs(interval.low), std::abs(interval.high)) < 1e-12);  // of numbers near 1, after a dozen roundings
  }
}

TEST_CASE("an arm that is the baseline has closed all of the gap, and one that is the other arm nothing") {
  const std::vector<double> against{80, 81, 79, 80}, baseline{82.1, 82.8, 81.3, 81.9};
  const Share all = share_of_gap(baseline, against, baseline), nothing = share_of_gap(against, against, baseline);
  CHECK(all.estimate == 1);
  CHECK(all.interval.low == Approx(1).epsilon(1e-7));  // the root of a difference that is 0 but for rounding
  CHECK(all.interval.high == Approx(1).epsilon(1e-7));
  CHECK(nothing.estimate == 0);
  CHECK(nothing.interval.high == Approx(0).margin(1e-7));
}

TEST_CASE("what is missing leaves the share open, with the reason") {
  CHECK(share_of_gap(std::vector<double>{81}, std::vector<double>{80}, std::vector<double>{82}).why == "1 seed in all three arms: a spread needs 2 or more");
  const std::vector<double> lost{81, kNaN}, other{80, 80};
  CHECK(share_of_gap(lost, other, std::vector<double>{82, 82}).why.find("without a final score") != std::string::npos);
  CHECK_THROWS_AS(share_of_gap(lost, other, std::vector<double>{82}), Error);
}

TEST_CASE("the interval holds the true share in 95 % of tables") {
  RandomStream stream(3, Purpose::synthetic_data);
  constexpr int tables = 4000, seeds = 4;
  int held = 0;
  for (int table = 0; table < tables; ++table) {
    std::vector<double> arm, against, baseline;
    for (int seed = 0; seed < seeds; ++seed) {
      const double common = stream.normal();
      against.push_back(80 + common + 0.2 * stream.normal());
      arm.push_back(81.5 + common + 0.2 * stream.normal());  // 3/4 of the gap of 2
      baseline.push_back(82 + common + 0.2 * stream.normal());
    }
    const Share share = share_of_gap(arm, against, baseline);
    held += share.why.empty() ? share.interval.low <= 0.75 && 0.75 <= share.interval.high : 1;  // not bounded: it may hold anything
  }
  // standard deviation sqrt(0.05 x 0.95 / 4000) = 0.0034, within 4 of these
  CHECK(static_cast<double>(held) / tables == Approx(0.95).margin(4 * 0.0034));
}
