#include "harness/gap/looks.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "harness/core/check.hpp"
#include "harness/gap/student.hpp"
#include "harness/sweep/looks.hpp"
#include "tests/gap/sequential_rates.hpp"

using namespace xib;
using Catch::Contains;

namespace {

double two_tails(double z) { return std::erfc(z / std::sqrt(2.0)); }

const std::vector<int> kLooks{3, 4, 6, 8, 12, 16};

}  // namespace

TEST_CASE("the bounds of five equal looks are those that are published") {
  // As gsDesign (sfLDOF) and ldbounds, both for R, print them for alpha = 0.05, two-sided: to three decimals
  const double bounds[] = {4.877, 3.357, 2.680, 2.290, 2.031};
  const auto levels = look_levels({2, 4, 6, 8, 10}, 0.05);
  for (std::size_t k = 0; k < 5; ++k) {
    CAPTURE(k);
    CHECK(levels[k] <= two_tails(bounds[k] - 0.0005));
    CHECK(levels[k] >= two_tails(bounds[k] + 0.0005));
  }
}

TEST_CASE("one look has the level of a fixed sample, and levels rise from look to look") {
  CHECK(look_levels({7}, 0.05).front() == Approx(0.05).epsilon(1e-12));
  const Looks looks(kLooks);
  for (int k = 2; k <= looks.size(); ++k) CHECK(looks.level(k - 1) < looks.level(k));
  CHECK(looks.level(looks.size()) < 0.05);
}

TEST_CASE("a sweep that plans no looks begins with its seeds and goes on to 16, or to twice its seeds") {
  CHECK(default_looks(1) == std::vector{2, 3, 4, 6, 8, 12, 16});
  CHECK(default_looks(6) == std::vector{6, 8, 12, 16});
  CHECK(default_looks(12) == std::vector{12, 16, 24});
  CHECK(default_looks(16) == std::vector{16, 24, 32});
  CHECK(default_looks(601) == std::vector{601, 768});
  CHECK(default_looks(1000) == std::vector{1000});
  CHECK_THROWS_WITH(default_looks(1001), Contains("seeds: are 1001, and looks are at 1000 of them at most"));
}

TEST_CASE("seeds that no further ones can follow are refused") {
  CHECK(first_seeds({7, 3}, 4) == std::vector<std::int64_t>{7, 3, 8, 9});
  CHECK_THROWS_WITH(first_seeds({9223372036854775806, 9223372036854775807}, 2), Contains("seeds: 9223372036854775807 leaves no room"));
}

TEST_CASE("a number of pairs is judged by the last look that it has reached, and by none before the first or after the last") {
  const Looks looks(kLooks);
  CHECK(looks.at(2) == 0);
  CHECK(looks.at(3) == 1);
  CHECK(looks.at(5) == 2);
  CHECK(looks.at(16) == 6);
  CHECK_FALSE(looks.beyond(16));
  CHECK(looks.beyond(17));
  CHECK_FALSE(Looks().beyond(1000));
  CHECK_THROWS_WITH(Looks({1, 4}), Contains("rising numbers of pairs"));
  CHECK_THROWS_WITH(Looks({4, 4}), Contains("rising numbers of pairs"));
}

TEST_CASE("the repeated p value is the alpha at whose bound p lies") {
  const Looks looks(kLooks);
  for (int look = 1; look <= looks.size(); ++look) {
    CAPTURE(look);
    CHECK(looks.overall(look, looks.level(look)) == Approx(0.05).epsilon(1e-6));  // found to 1e-9 in the logarithm
    for (const double alpha : {1e-6, 0.01, 0.2})
      CHECK(looks.overall(look, look_levels(kLooks, alpha).at(static_cast<std::size_t>(look - 1))) == Approx(alpha).epsilon(1e-6));
    CHECK(looks.overall(look, 1) == 1);
    CHECK(looks.overall(look, 0.03) >= 0.03);
  }
}

TEST_CASE("a comparison with looks has the t interval of the level of its look, and words that follow from it") {
  const Looks looks(kLooks);
  const std::vector<double> variant{88, 87.9, 88.1, 88, 87.95, 88.05, 88.02, 87.98}, baseline(8, 90.0);
  const std::span<const double> all(variant), base(baseline);
  const Paired paired = compare_paired(all, base, 0.5, top1_accuracy(), looks);
  CHECK(paired.look == 4);
  CHECK(paired.verdict == Verdict::gap);
  const double half = student_t_quantile(1 - looks.level(4) / 2, 7) * paired.difference.sd / std::sqrt(8.0);
  CHECK(paired.interval.high == Approx(paired.difference.mean + half).epsilon(1e-12));
  CHECK(std::isnan(paired.p));
  Paired with_p = paired;
  set_p(with_p, looks);
  CHECK(with_p.p > with_p.p_at_look);
  CHECK(with_p.p < 0.05);
  const Paired early = compare_paired(all.first(2), base.first(2), 0.5, top1_accuracy(), looks);
  CHECK(early.verdict == Verdict::undecided);
  CHECK(early.why == "2 seeds in both arms: the first look is at 3");
  CHECK(std::isnan(early.interval.low));
  const Paired late = compare_paired(all, base, 0.5, top1_accuracy(), Looks({3, 4}));
  CHECK(late.verdict == Verdict::undecided);
  CHECK_THAT(late.why, Contains("the last planned look is at 4"));
  CHECK(std::isnan(late.interval.low));
  const Paired between = compare_paired(all.first(7), base.first(7), 0.5, top1_accuracy(), looks);
  CHECK(between.look == 3);
}

namespace {
constexpr int kTables = 4000;
constexpr double kBound = 0.05 + 4 * 0.0034;  // as in verdict_rates_test.cpp
}  // namespace

TEST_CASE("looked at until there is a word, wrong words have a rate of at most 5 %, and with plain intervals they have more") {
  std::uint64_t seed = 500;
  for (const double sd : {0.2, 0.4})
    for (const double truth : {0.0, 0.25, 0.5, 1.0}) {
      CAPTURE(sd, truth);
      CHECK(rates_of_looks(kLooks, Looks(kLooks), -truth, 0.5, sd, Noise::normal, kTables, ++seed).wrong <= kBound);
    }
  CHECK(rates_of_looks(kLooks, Looks(), -0.5, 0.5, 0.2, Noise::normal, kTables, ++seed).wrong > kBound);
}

TEST_CASE("what is far from the margin is decided, with few seeds") {
  const SequentialRates none = rates_of_looks(kLooks, Looks(kLooks), 0, 0.5, 0.2, Noise::normal, 1000, 900);
  CHECK(none.no_gap > 0.95);
  CHECK(none.seeds < 9);
  const SequentialRates gap = rates_of_looks(kLooks, Looks(kLooks), -1, 0.5, 0.3, Noise::normal, 1000, 901);
  CHECK(gap.gap > 0.95);
  CHECK(gap.seeds < 10);
}
