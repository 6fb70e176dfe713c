#include "tests/gap/verdict_rates.hpp"

#include <catch2/catch.hpp>

using namespace xib;

namespace {
constexpr int kTables = 4000;
// A rate of 5 % in 4000 tables has standard deviation sqrt(0.05 x 0.95 / 4000) = 0.0034; a bound 4 of these above fails by chance once in 30,000.
constexpr double kBound = 0.05 + 4 * 0.0034;
}  // namespace

TEST_CASE("a wrong word has a rate of at most 5 %, at the margin and away from it") {
  std::uint64_t seed = 100;
  for (const int seeds : {3, 5})
    for (const double delta : {0.05, 0.5, 2.0})
      for (const double truth : {0.0, 0.5, 1.0, 1.5}) {
        CAPTURE(seeds, delta, truth);
        CHECK(rates_of_row(seeds, -truth * delta, delta, Noise::normal, kTables, ++seed).wrong <= kBound);
      }
}

TEST_CASE("a difference on the margin is no coin toss: either word has half of 5 % where the margin is wide") {
  const Rates rates = rates_of_row(5, -4, 4, Noise::normal, kTables, 7);
  // 2.5 % each with standard deviation sqrt(0.025 x 0.975 / 4000) = 0.0025, within 4 of these
  CHECK(rates.gap == Approx(0.025).margin(0.01));
  CHECK(rates.no_gap == Approx(0.025).margin(0.01));
}

TEST_CASE("far from the margin the words are found") {
  CHECK(rates_of_row(10, -4, 2, Noise::normal, 1000, 8).gap > 0.9);
  CHECK(rates_of_row(10, 0, 2, Noise::normal, 1000, 9).no_gap > 0.9);
}

TEST_CASE("over a table single rows are wrong more often, and the words that hold for it are not") {
  const TableRates rates = rates_of_table(12, 5, 0.5, Noise::normal, kTables, 10);
  CHECK(rates.alone > kBound);
  CHECK(rates.held <= kBound);
}
