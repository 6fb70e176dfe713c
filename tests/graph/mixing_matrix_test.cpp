#include "harness/graph/mixing_matrix.hpp"

#include <catch2/catch.hpp>

#include "harness/core/check.hpp"
#include "harness/core/nan.hpp"

using namespace xib;
using Catch::Contains;
using Rows = std::vector<std::vector<Weight>>;
using enum MixingMatrix::Stochastic;

TEST_CASE("a mixing matrix keeps its columns ascending and its diagonal present") {
  const MixingMatrix w(Rows{{{1, 1.0}}, {{1, 0.5}, {0, 0.5}}});

  REQUIRE(w.row(0).size() == 2);
  CHECK(w.row(0)[0] == Weight{0, 0.0});
  CHECK(w.row(0)[1] == Weight{1, 1.0});
  CHECK(w.row(1)[0] == Weight{0, 0.5});
  CHECK(w.at(1, 1) == 0.5);
  CHECK(w.max_degree() == 1);
  CHECK(w.messages() == 2);
  CHECK_FALSE(w.symmetric());
  CHECK_FALSE(w.doubly_stochastic());
}

TEST_CASE("a mixing matrix knows whether it is symmetric and doubly stochastic") {
  const MixingMatrix pair(Rows{{{0, 0.75}, {1, 0.25}}, {{0, 0.25}, {1, 0.75}}});
  const MixingMatrix turn(Rows{{{2, 1.0}}, {{0, 1.0}}, {{1, 1.0}}});

  CHECK((pair.symmetric() && pair.doubly_stochastic()));
  CHECK((!turn.symmetric() && turn.doubly_stochastic()));
  CHECK(graph_of(turn).directed());
  CHECK_FALSE(graph_of(pair).directed());
}

TEST_CASE("a mixing matrix refuses what does not average") {
  CHECK_THROWS_WITH(MixingMatrix(Rows{}), Contains("at least one node"));
  CHECK_THROWS_WITH(MixingMatrix(Rows{{{0, 0.5}, {1, 0.25}}, {{1, 1.0}}}), Contains("row 0") && Contains("0.75"));
  CHECK_THROWS_WITH(MixingMatrix(Rows{{{0, 1.5}, {1, -0.5}}, {{1, 1.0}}}), Contains("W(0, 1)") && Contains("negative"));
  CHECK_THROWS_WITH(MixingMatrix(Rows{{{0, kNaN}}}), Contains("finite"));
  CHECK_THROWS_WITH(MixingMatrix(Rows{{{0, 0.5}, {0, 0.5}}}), Contains("twice"));
  CHECK_THROWS_WITH(MixingMatrix(Rows{{{1, 1.0}}}), Contains("(0, 1)") && Contains("only 1 nodes"));
  CHECK_THROWS_WITH(MixingMatrix(Rows{{{0, 1.0}}, {{0, 1.0}}}, columns), Contains("column 0") && Contains("2"));
  CHECK_NOTHROW(MixingMatrix(Rows{{{0, 1.0}, {1, 1.0}}, {}}, columns));
}

TEST_CASE("a row may miss 1 by n * 2^-52 and no more") {
  const auto off_by = [](double ulps) { return Rows{{{0, 0.5 + ulps * 0x1p-52}, {1, 0.5}}, {{0, 0.5}, {1, 0.5}}}; };

  CHECK_NOTHROW(MixingMatrix(off_by(2)));
  CHECK_THROWS(MixingMatrix(off_by(3)));
}

TEST_CASE("a schedule repeats its period") {
  const MixingMatrix stay(Rows{{{0, 1.0}}, {{1, 1.0}}}), swap(Rows{{{1, 1.0}}, {{0, 1.0}}});
  const MixingSchedule schedule({stay, swap});

  CHECK(schedule.period() == 2);
  CHECK(schedule.at(0).at(0, 0) == 1.0);
  CHECK(schedule.at(3'000'000'001).at(0, 0) == 0.0);
  CHECK_THROWS_WITH(MixingSchedule(std::vector<MixingMatrix>{}), Contains("at least one matrix"));
  CHECK_THROWS_WITH(MixingSchedule({stay, MixingMatrix(Rows{{{0, 1.0}}})}), Contains("2 and 1 nodes"));
}

TEST_CASE("a random schedule is a function of the seed and the round") {
  for (const auto* name : {"random-matching", "random-edge", "random-permutation", "equi-dynamic", "dynamic-regular", "dynamic-erdos-renyi",
                           "one-peer-exponential(random)", "one-peer-exponential(permutation)"}) {
    INFO(name);
    const std::string weights = std::string_view(name) == "dynamic-erdos-renyi" ? "metropolis" : "uniform";
    const auto a = make_mixing(name, weights, 16, 7), b = make_mixing(name, weights, 16, 7), other = make_mixing(name, weights, 16, 8);
    const auto same = [](const MixingMatrix& x, const MixingMatrix& y) {
      for (int i = 0; i < x.size(); ++i)
        if (!std::equal(x.row(i).begin(), x.row(i).end(), y.row(i).begin(), y.row(i).end())) return false;
      return true;
    };
    CHECK(a.period() == 0);
    int rounds_alike = 0, seeds_alike = 0;
    for (const std::int64_t round : {40, 3, 1'000'000'007, 4, 5, 40, 6, 7}) {
      CHECK(same(a.at(round), make_mixing(name, weights, 16, 7).at(round)));
      CHECK(same(MixingMatrix(a.at(round)), b.at(round)));
      rounds_alike += same(a.at(round), b.at(round + 1));
      seeds_alike += same(a.at(round), other.at(round));
    }
    CHECK(rounds_alike < 8);
    CHECK(seeds_alike < 8);
  }
}
