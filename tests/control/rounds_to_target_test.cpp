#include "harness/control/rounds_to_target.hpp"

#include "harness/control/gram_rounds.hpp"
#include "harness/core/check.hpp"
#include "tests/mix/worlds.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

using namespace xib;
using namespace xib::test;

namespace {

using Matrix = std::vector<std::vector<double>>;

Matrix centred(Matrix x) {
  for (std::size_t c = 0; c < x[0].size(); ++c) {
    double mean = 0;
    for (const auto& row : x) mean += row[c];
    mean /= static_cast<double>(x.size());
    for (auto& row : x) row[c] -= mean;
  }
  return x;
}

double squared_distance(const Matrix& x) {
  double sum = 0;
  for (const auto& row : centred(x))
    for (const double d : row) sum += d * d;
  return sum / static_cast<double>(x.size());
}

std::vector<double> gram_of(const Matrix& x) {
  const Matrix d = centred(x);
  std::vector<double> gram;
  for (const auto& a : d)
    for (const auto& b : d) {
      double sum = 0;
      for (std::size_t c = 0; c < a.size(); ++c) sum += a[c] * b[c];
      gram.push_back(sum);
    }
  return gram;
}

Matrix mixed(const MixingMatrix& w, const Matrix& x) {
  Matrix out(x.size(), std::vector<double>(x[0].size(), 0.0));
  for (std::size_t i = 0; i < x.size(); ++i)
    for (const auto& [j, weight] : w.row(static_cast<int>(i)))
      for (std::size_t c = 0; c < x[0].size(); ++c) out[i][c] += weight * x[static_cast<std::size_t>(j)][c];
  return out;
}

// The paper's loop: mix the least number of rounds, then measure, mix, repeat until Ξ <= target. squared[q] is Ξ² after q rounds.
struct Loop {
  int rounds = 0;
  bool reached = true;
  std::vector<double> squared;
};
Loop mix_until(Matrix x, const MixingSchedule& schedule, std::int64_t round, double target, RoundLimits limits) {
  Loop loop{.squared = {squared_distance(x)}};
  const auto mix = [&] {
    x = mixed(schedule.at(round + loop.rounds++), x);
    loop.squared.push_back(squared_distance(x));
  };
  while (loop.rounds < limits.least) mix();
  while (!(std::sqrt(loop.squared.back()) <= target)) {
    if (loop.rounds == limits.most) {
      loop.reached = false;
      break;
    }
    mix();
  }
  return loop;
}

// How far Ξ² of the loop and of the Gram matrix can be apart, from rounding (u = 2^-53), with |x| <= M, n nodes, d columns, q rounds, W an average
// (so that earlier errors do not grow): the loop errs per entry of a deviation by (q (n + 1) + n + 2) u M, hence in Ξ² by 2 · 2M · d times that;
// the Gram matrix by d u (2M)² d at the start and by (2n + 4n + 8) u d (2M)² per round.
double tie_margin(double m, std::size_t n, std::size_t dim, int q) {
  const auto nodes = static_cast<double>(n), d = static_cast<double>(dim);
  const double u = std::ldexp(1.0, -53);
  return (4 * m * m * d * (q * (nodes + 1) + nodes + 2) + 4 * m * m * d * (d + nodes + 2) + q * (6 * nodes + 8) * 4 * m * m * d) * u;
}

Matrix random_matrix(int n, std::size_t dim, std::uint64_t seed) {
  Matrix x;
  for (const auto& row : random_rows(n, dim, seed)) x.emplace_back(row.begin(), row.end());
  return x;
}

// Two rings that never hear of each other.
MixingSchedule two_components() {
  std::vector<std::vector<Weight>> rows(6);
  for (int i = 0; i < 6; ++i)
    for (int j = i / 3 * 3; j < i / 3 * 3 + 3; ++j) rows[static_cast<std::size_t>(i)].push_back({j, i == j ? 0.5 : 0.25});
  return fixed(MixingMatrix(std::move(rows)));
}

}  // namespace

TEST_CASE("one-shot control asks for the rounds of the loop 'mix, measure, repeat', and knows the distance after each") {
  int cases = 0, several_rounds = 0;
  std::array<int, 4> fewest{99, 99, 99, 99}, at_least{};  // by the least number of rounds: what was asked for
  for (const int n : {2, 3, 8, 16})
    for (std::uint64_t seed = 0; seed < 6; ++seed)
      for (const auto& schedule : {fixed(circulant(n, {1, -1}, 0.25)), fixed(circulant(n, {1}, 0.3)), make_mixing("exponential", "uniform", n, 1),
                                   fixed(random_directed(n, seed)), alternating(n), random_schedule(n, seed)}) {
        const Matrix x = random_matrix(n, 20, seed);
        const double start = std::sqrt(squared_distance(x)), m = 6;  // |normal| < 6 in all draws
        for (const double fraction : {1.5, 0.9, 0.5, 0.1, 0.003})
          for (const int least : {0, 1, 3}) {
            const double target = fraction * start;
            const std::int64_t round = static_cast<std::int64_t>(seed);
            const Loop loop = mix_until(x, schedule, round, target, {least, 60});
            const auto got = rounds_to_target(gram_of(x), schedule, round, target, {least, 60});

            INFO(n << " nodes, seed " << seed << ", target " << fraction << " of the start, at least " << least << " rounds");
            const double margin = tie_margin(m, static_cast<std::size_t>(n), 20, 60);
            const auto q = static_cast<std::size_t>(std::min(got.rounds, loop.rounds));
            if (got.rounds != loop.rounds) CHECK(std::abs(loop.squared[q] - target * target) <= margin);
            if (got.rounds == loop.rounds) {
              CHECK(got.reached == loop.reached);
              CHECK(std::abs(got.distance * got.distance - loop.squared[q]) <= margin);
            }
            CHECK(got.rounds >= least);
            ++cases;
            several_rounds += got.rounds > 1;
            fewest[static_cast<std::size_t>(least)] = std::min(fewest[static_cast<std::size_t>(least)], got.rounds);
            at_least[static_cast<std::size_t>(least)] += got.rounds == least;
          }
      }
  CHECK(cases == 4 * 6 * 6 * 5 * 3);
  for (const std::size_t least : {0, 1, 3}) {
    CHECK(fewest[least] == static_cast<int>(least));
    CHECK(at_least[least] < cases / 3);  // the target asked for more in some cases
  }
  CHECK(several_rounds > cases / 4);  // the property was not tested on trivial cases alone
}

TEST_CASE("a distance at the target or below needs no round") {
  const Matrix x{{1.0}, {-1.0}};  // Ξ = 1
  const auto schedule = fixed(circulant(2, {1}, 0.25));
  for (const double target : {1.0, 2.0}) {
    const auto got = rounds_to_target(gram_of(x), schedule, 0, target, {0, 10});
    CHECK(got.rounds == 0);
    CHECK(got.reached);
    CHECK(got.distance == 1);
  }
  // Each round halves the distance exactly: x -> x/2.
  CHECK(rounds_to_target(gram_of(x), schedule, 0, 0.5, {0, 10}).rounds == 1);
  CHECK(rounds_to_target(gram_of(x), schedule, 0, std::nextafter(0.5, 0.0), {0, 10}).rounds == 2);
}

TEST_CASE("the least number of rounds is mixed before the distance is looked at, and the target may ask for more") {
  const auto schedule = fixed(circulant(2, {1}, 0.25));
  const auto gram = gram_of({{1.0}, {-1.0}});  // Ξ = 1, halved by each round
  for (const auto& [least, target, rounds] : {std::tuple(0, 1.0, 0), {1, 1.0, 1}, {3, 1.0, 3}, {3, 0.125, 3}, {3, 0.0625, 4}, {1, 0.25, 2}}) {
    const auto got = rounds_to_target(gram, schedule, 0, target, {least, 10});
    INFO("at least " << least << ", target " << target);
    CHECK(got.rounds == rounds);
    CHECK(got.reached);
    CHECK(got.distance == std::ldexp(1.0, -rounds));
  }
}

TEST_CASE("a round that takes the distance above the target again is followed by another") {
  // Node i copies node from[i]: rows sum to 1, columns do not.
  const auto copying = [](const std::vector<int>& from) {
    std::vector<std::vector<Weight>> rows;
    for (const int j : from) rows.push_back({{j, 1.0}});
    return MixingMatrix(std::move(rows));
  };
  const MixingSchedule schedule(std::vector<MixingMatrix>{copying({0, 3, 2, 3}), copying({3, 3, 3, 3})});
  const auto gram = gram_of({{0.0}, {0.0}, {0.0}, {3.0}});  // Ξ² = 27/16, then 9/4 of 0 3 0 3, then 0
  CHECK(rounds_to_target(gram, schedule, 0, 1.4, {0, 10}).rounds == 0);
  CHECK(rounds_to_target(gram, schedule, 0, 1.4, {1, 10}).rounds == 2);
  CHECK(rounds_to_target(gram, schedule, 0, 1.4, {1, 10}).distance == 0);
  CHECK(rounds_to_target(gram, schedule, 0, 1.6, {1, 10}).rounds == 1);
}

TEST_CASE("a target that cannot be reached stops at the bound and says so") {
  const Matrix x = random_matrix(6, 4, 1);
  const auto got = rounds_to_target(gram_of(x), two_components(), 0, 1e-3, {1, 25});
  CHECK(got.rounds == 25);
  CHECK_FALSE(got.reached);
  // What is left is the distance between the two components' means.
  Matrix means = x;
  for (std::size_t i = 0; i < 6; ++i)
    for (std::size_t c = 0; c < 4; ++c) means[i][c] = (x[i / 3 * 3][c] + x[i / 3 * 3 + 1][c] + x[i / 3 * 3 + 2][c]) / 3;
  // The rest has shrunk by 4^-25 < 1e-15.
  CHECK(got.distance == Approx(std::sqrt(squared_distance(means))).epsilon(1e-12));
}

TEST_CASE("a bound of no rounds measures only") {
  const Matrix x{{1.0}, {-1.0}};
  const auto got = rounds_to_target(gram_of(x), fixed(circulant(2, {1}, 0.25)), 0, 0.1, {0, 0});
  CHECK(got.rounds == 0);
  CHECK_FALSE(got.reached);
}

TEST_CASE("one node is always in consensus") {
  const auto got = rounds_to_target(std::vector<double>{0}, fixed(MixingMatrix({{{0, 1.0}}})), 0, 1e-9, {0, 10});
  CHECK(got.rounds == 0);
  CHECK(got.reached);
}

TEST_CASE("NaN and infinity end with an error") {
  const auto schedule = fixed(circulant(2, {1}, 0.25));
  for (const double bad : {std::nan(""), HUGE_VAL})
    CHECK_THROWS_WITH(rounds_to_target(std::vector<double>{1, 0, 0, bad}, schedule, 0, 0.1, {0, 10}), Catch::Contains("not finite"));
}

TEST_CASE("a Gram matrix goes through rounds with the bits of matrix products, for any number of nodes") {
  for (const int nodes : {2, 3, 7, 8, 9, 16, 21, 40}) {
    CAPTURE(nodes);
    const auto n = static_cast<std::size_t>(nodes);
    const MixingSchedule schedule = alternating(nodes);
    Matrix x(n, std::vector<double>(5));
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t c = 0; c < 5; ++c) x[i][c] = static_cast<double>((i * 7 + c * c * 3) % 11) / 8 + static_cast<double>(i) * 0.1;
    const auto gram = gram_of(x);
    GramRounds rounds(gram, n);
    Matrix g(n, std::vector<double>(n));
    for (std::size_t k = 0; k < n * n; ++k) g[k / n][k % n] = gram[k];
    const auto transposed = [n](const Matrix& m) {
      Matrix t(n, std::vector<double>(n));
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) t[j][i] = m[i][j];
      return t;
    };
    for (int round = 0; round < 4; ++round) {
      const MixingMatrix& w = schedule.at(round);
      rounds.mix(w);
      g = transposed(centred(transposed(mixed(w, transposed(mixed(w, g))))));  // rows of W G Wᵀ lose their means; centred() takes those of columns
      g = centred(g);
      double trace = 0;
      for (std::size_t i = 0; i < n; ++i) trace += g[i][i];
      CHECK(rounds.trace() == trace);
    }
  }
}
