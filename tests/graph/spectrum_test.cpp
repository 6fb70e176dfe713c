#include "harness/graph/spectrum.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>
#include <numeric>

#include "harness/core/check.hpp"
#include "harness/core/nan.hpp"
#include "harness/core/random.hpp"

using namespace xib;

namespace {

Spectrum of(std::string_view topology, int nodes, std::string_view weights = "uniform") { return spectrum(make_mixing(topology, weights, nodes, 1)); }

// The backward error of a symmetric eigen-solver and of sums of n terms: a small multiple of n roundings.
double rounding(int n) { return n * 0x1p-50; }

// Compares with all eigenvalues but the 1 of the constant vector.
void check_eigenvalues(const Spectrum& s, std::vector<double> others, int n) {
  std::sort(others.begin(), others.end());
  REQUIRE(static_cast<int>(others.size()) == n - 1);
  CHECK(std::abs(s.lambda2 - others.back()) <= rounding(n));
  CHECK(std::abs(s.lambda_min - others.front()) <= rounding(n));
  const double largest = std::max(std::abs(others.front()), std::abs(others.back()));
  CHECK(std::abs(s.p - (1 - largest * largest)) <= 2 * rounding(n));
  CHECK(std::abs(s.gap - (1 - largest)) <= rounding(n));
}

double angle(int k, int n) { return 2 * std::numbers::pi * k / n; }

// The same graph with the nodes numbered at random: no translation leaves it as it is, so the dense solver has to find the spectrum.
MixingSchedule renumbered(const MixingSchedule& schedule) {
  std::vector<int> number(static_cast<std::size_t>(schedule.nodes()));
  std::iota(number.begin(), number.end(), 0);
  RandomStream(11, Purpose::topology).shuffle(std::span(number));
  std::vector<MixingMatrix> period;
  for (std::int64_t t = 0; t < schedule.period(); ++t) {
    std::vector<std::vector<Weight>> rows(number.size());
    for (std::size_t i = 0; i < number.size(); ++i)
      for (const auto& [j, value] : schedule.at(t).row(static_cast<int>(i)))
        rows[static_cast<std::size_t>(number[i])].push_back({number[static_cast<std::size_t>(j)], value});
    period.emplace_back(std::move(rows));
  }
  return MixingSchedule(std::move(period));
}

// W x
std::vector<double> applied(const MixingMatrix& w, const std::vector<double>& x) {
  std::vector<double> y(x.size());
  for (int i = 0; i < w.size(); ++i)
    for (const auto& [j, value] : w.row(i)) y[static_cast<std::size_t>(i)] += value * x[static_cast<std::size_t>(j)];
  return y;
}

}  // namespace

TEST_CASE("the mixing parameter has the published values") {
  const double ring[][2] = {{8, 0.3524}, {16, 0.0989}, {32, 0.02546}, {64, 0.00641}};
  for (const auto& [n, p] : ring) CHECK(of("ring", static_cast<int>(n)).p == Approx(p).epsilon(0).margin(5e-5));
  const double one_sided[][2] = {{16, 0.64}, {32, 0.556}, {64, 0.490}};
  for (const auto& [n, p] : one_sided) CHECK(of("exponential", static_cast<int>(n)).p == Approx(p).epsilon(0).margin(5e-4));
  const double two_sided[][2] = {{16, 0.75}, {32, 0.64}, {64, 0.556}};
  for (const auto& [n, p] : two_sided) CHECK(of("exponential(two-sided)", static_cast<int>(n)).p == Approx(p).epsilon(0).margin(5e-4));
}

TEST_CASE("the smallest rings") {
  CHECK(make_mixing("ring", "uniform", 1, 1).at(0).at(0, 0) == 1.0);
  const auto two = make_mixing("ring", "uniform", 2, 1);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 2; ++j) CHECK(two.at(0).at(i, j) == 0.5);
  CHECK(of("ring", 1).p == 1.0);
  CHECK(of("ring", 2).p == 1.0);
}

TEST_CASE("ring, torus, hypercube, circulant and complete graph have the eigenvalues of their closed forms") {
  for (const int n : {3, 4, 7, 16, 33}) {
    std::vector<double> ring, circulant, complete(static_cast<std::size_t>(n - 1), 0.0);
    for (int k = 1; k < n; ++k) ring.push_back((1 + 2 * std::cos(angle(k, n))) / 3);
    for (int k = 1; k < n; ++k) circulant.push_back((1 + 2 * std::cos(angle(k, n)) + 2 * std::cos(angle(3 * k, n))) / 5);
    CAPTURE(n);
    check_eigenvalues(of("ring", n), ring, n);
    if (n > 6) check_eigenvalues(of("circulant(1, 3)", n), circulant, n);
    check_eigenvalues(of("complete", n), complete, n);
  }
  for (const auto& [rows, columns] : {std::pair{3, 4}, {4, 3}, {4, 8}, {5, 5}}) {
    std::vector<double> torus;
    for (int a = 0; a < rows; ++a)
      for (int b = 0; b < columns; ++b)
        if (a + b > 0) torus.push_back((1 + 2 * std::cos(angle(a, rows)) + 2 * std::cos(angle(b, columns))) / 5);
    CAPTURE(rows, columns);
    check_eigenvalues(of(fmt::format("torus({}, {})", rows, columns), rows * columns), torus, rows * columns);
  }
  for (const int dimension : {1, 2, 3, 6}) {
    std::vector<double> cube;
    for (unsigned k = 1; k < 1u << dimension; ++k) cube.push_back(1 - 2.0 * std::popcount(k) / (dimension + 1));
    check_eigenvalues(of("hypercube", 1 << dimension), cube, 1 << dimension);
  }
}

TEST_CASE("star and path have the eigenvalues of their closed forms") {
  for (const int n : {3, 4, 9, 32}) {
    std::vector<double> star(static_cast<std::size_t>(n - 1), 1 - 1.0 / n), path;  // metropolis: 1/n on the star, 1/3 on the path
    star.back() = 0;
    for (int k = 1; k < n; ++k) path.push_back(1 - (2 - 2 * std::cos(std::numbers::pi * k / n)) / 3);
    CAPTURE(n);
    check_eigenvalues(of("star", n, "metropolis"), star, n);
    check_eigenvalues(of("path", n, "metropolis"), path, n);
  }
}

TEST_CASE("closed forms and the dense solver agree") {
  for (const auto* graph : {"ring", "torus", "hypercube", "exponential", "exponential(two-sided)", "directed-ring", "circulant(1, 3)", "equi-static(4)",
                            "one-peer-exponential", "bipartite-exponential", "alternate(ring, 2, exponential, 3)"})
    for (const auto* weights : {"uniform", "lazy"}) {
      const auto schedule = make_mixing(graph, weights, 16, 1);
      const Spectrum closed = spectrum(schedule), solved = spectrum(renumbered(schedule));
      CAPTURE(graph, weights);
      CHECK(std::abs(closed.contraction - solved.contraction) <= rounding(16) * static_cast<double>(schedule.period()));
      CHECK((closed.contraction_rounds == schedule.period() && solved.contraction_rounds == schedule.period()));
      CHECK((std::isnan(closed.p) == (schedule.period() > 1) && std::isnan(solved.p) == (schedule.period() > 1)));
      if (schedule.period() == 1) CHECK(closed.p == Approx(solved.p).epsilon(1e-9));
    }
}

TEST_CASE("closed forms reach any size, and other graphs are refused beyond the dense solver") {
  CHECK(of("ring", 100'000).p == Approx(2 * std::pow(angle(1, 100'000), 2) / 3).epsilon(1e-6));  // 1 - λ² = 2 (1 - λ) = 2 θ²/3
  CHECK(of("hypercube", 1 << 14).p == Approx(1 - std::pow(1 - 2.0 / 15, 2)).epsilon(1e-12));
  CHECK(of("torus", 100 * 100).lambda2 == Approx((3 + 2 * std::cos(angle(1, 100))) / 5).epsilon(1e-12));
  CHECK_THROWS_WITH(of("path", 5000, "metropolis"), Catch::Contains("5000") && Catch::Contains("4096") && Catch::Contains("ring"));
}

TEST_CASE("schedules that average exactly contract to 0 and take a period") {
  for (const int n : {2, 8, 64})
    for (const auto* graph : {"one-peer-exponential", "one-peer-hypercube", "base(2)"}) {
      const Spectrum s = of(graph, n);
      CAPTURE(graph, n);
      CHECK((s.contraction == 0 && s.contraction_rounds == std::log2(n)));
      CHECK(rounds_to_reduce(s, 1000) == std::log2(n));
    }
  for (const int n : {5, 6, 12, 31}) CHECK(of("base(3)", n).contraction == 0);
  CHECK(of("one-peer-exponential", 6).contraction > 0.01);
}

TEST_CASE("a period has the contraction of all its rounds, and no p, as one of them may leave some X as it is") {
  const double ring = of("ring", 9).contraction;
  const Spectrum four = of("alternate(ring, 4)", 9);
  CHECK(four.contraction == Approx(std::pow(ring, 4)).epsilon(1e-12));
  CHECK((four.contraction_rounds == 4 && std::isnan(four.p) && std::isnan(four.gap) && std::isnan(four.lambda2)));

  const auto schedule = make_mixing("one-peer-exponential", "uniform", 8, 1);
  const auto image = applied(schedule.at(2), {1, 2, 3, 4, 1, 2, 3, 4});  // node i receives from i - 4
  CHECK(image == std::vector<double>{1, 2, 3, 4, 1, 2, 3, 4});
  CHECK(std::isnan(spectrum(schedule).p));
  CHECK(std::isnan(of("one-peer-exponential", 8, "lazy").p));
  CHECK(of("one-peer-exponential", 2).p == 1);  // one round is the period
}

TEST_CASE("a random order of rounds that commute contracts as they do in turn") {
  for (const int n : {2, 4, 16, 64}) {  // powers of two: a block averages to the last bit, in whatever order
    const auto schedule = make_mixing("one-peer-exponential(permutation)", "uniform", n, 1);
    const int block = static_cast<int>(std::log2(n));
    const Spectrum s = spectrum(schedule);
    CAPTURE(n);
    CHECK((s.period == 0 && s.contraction == 0 && s.contraction_rounds == block));
    CHECK(rounds_to_reduce(s, 1000) == block);
    CHECK(std::isnan(s.p) == (block > 1));
    for (std::int64_t first = 0; first < 10 * block; first += block) {
      std::vector<double> x(static_cast<std::size_t>(n));
      x[1] = 1;
      for (std::int64_t t = first; t < first + block; ++t) x = applied(schedule.at(t), x);
      CHECK(x == std::vector<double>(static_cast<std::size_t>(n), 1.0 / n));
    }
  }
  for (const int n : {3, 6, 12, 31, 33})
    for (const auto* weights : {"uniform", "lazy"}) {
      const auto schedule = make_mixing("one-peer-exponential(permutation)", weights, n, 1);
      const Spectrum s = spectrum(schedule), in_turn = of("one-peer-exponential", n, weights);
      CAPTURE(n, weights);
      CHECK((s.contraction == in_turn.contraction && s.contraction > 0.01 && s.contraction_rounds == in_turn.period));
      CHECK(rounds_to_reduce(s, 1000) == rounds_to_reduce(in_turn, 1000));
      for (std::int64_t first = 0; first < 5 * in_turn.period; first += in_turn.period) {
        std::vector<MixingMatrix> block;
        for (std::int64_t t = first; t < first + in_turn.period; ++t) block.push_back(schedule.at(t));
        const double drawn = spectrum(renumbered(MixingSchedule(std::move(block)))).contraction;  // by the dense solver
        CHECK(std::abs(drawn - s.contraction) <= rounding(n) * static_cast<double>(in_turn.period));
      }
    }
}

TEST_CASE("rounds that are drawn anew have a p and no contraction") {
  for (const auto* graph : {"random-matching", "one-peer-exponential(random)", "equi-dynamic"}) {
    const Spectrum s = of(graph, 16);
    CAPTURE(graph);
    CHECK((s.p > 0 && s.p < 1 && std::isnan(s.contraction) && s.contraction_rounds == 0));
    CHECK(rounds_to_reduce(s, 1000) == rounds_to_reduce(s.p, 1000));
  }
}

TEST_CASE("random schedules have the p of their expectation") {
  for (const int n : {4, 9, 32}) {
    CAPTURE(n);
    // WᵀW = W for pairs of weight 1/2, so that p = 1 - λ2(E W); any two nodes are paired with probability 1/(n-1), or 1/n for odd n
    CHECK(of("random-matching", n).p == Approx(n % 2 == 0 ? 0.5 * n / (n - 1.0) : 0.5).epsilon(1e-12));
    CHECK(of("random-edge", n).p == Approx(1.0 / (n - 1)).epsilon(1e-12));
    // E (I + A)ᵀ(I + A) / 4 on what is orthogonal to 1, with E A = 0 and E AᵀA = 1 - 2/n there
    CHECK(of("equi-dynamic", n).p == Approx(0.5 + 0.5 / n).epsilon(1e-12));
    CHECK(of("random-matching", n).samples == 0);
  }
  // tr E[WᵀW] = n / (degree + 1) in every round
  CHECK(of("dynamic-regular(3)", 16).p == Approx(1 - (16 / 4.0 - 1) / 15).epsilon(1e-12));
  // the mean of |(1 + ω^(2^k)) / 2|² over k, at the worst frequency of n = 4: (1/2 + 0) / 2 at 1, (0 + 1) / 2 at 2
  CHECK(of("one-peer-exponential(random)", 4).p == Approx(0.5).epsilon(1e-12));
  // E P = J for a uniform permutation: E (I + P)ᵀ(I + P) / 4 - J = I/2 - J/2. Sampled, as fixed points change ‖W‖.
  const Spectrum permutation = of("random-permutation", 16);
  CHECK(permutation.samples > 0);
  CHECK(std::abs(permutation.p - 0.5) <= 5 * permutation.p_error);
  CHECK(permutation.p_error < 0.01);
}

TEST_CASE("a random schedule of unknown law is sampled") {
  const auto known = make_mixing("random-matching", "uniform", 8, 1);
  const Spectrum s = spectrum(MixingSchedule(8, [&](std::int64_t round) { return known.at(round); }));

  CHECK(s.samples == 1024);
  // matrix Bernstein for N = 1024 draws of norm at most 1 (Tropp 2015): E‖mean - E‖ <= sqrt(2 ln(2n) / N) + ln(2n) / (3 N) = 0.075
  CHECK(std::abs(s.p - spectrum(known).p) <= 0.075);
  CHECK((s.p_error > 0 && s.p_error <= 0.075));
}

TEST_CASE("push-sum matrices have no mixing parameter") {
  const Spectrum s = of("star", 8, "push-sum");
  CHECK((std::isnan(s.p) && std::isnan(s.lambda2) && std::isnan(s.contraction)));
  CHECK(rounds_to_reduce(s, 1000) == -1);
}

TEST_CASE("rounds to a reduction are the smallest number that reaches it") {
  CHECK(rounds_to_reduce(0.75, 2) == 1);
  CHECK(rounds_to_reduce(0.75, 8) == 3);
  CHECK(rounds_to_reduce(0.75, 8.1) == 4);
  CHECK(rounds_to_reduce(1.0, 1000) == 1);
  CHECK(rounds_to_reduce(0.0, 1000) == -1);
  CHECK(rounds_to_reduce(kNaN, 1000) == -1);
  CHECK(rounds_to_reduce(0.5, 1) == 0);
}

TEST_CASE("a disconnected matrix does not mix") {
  const MixingMatrix halves({{{0, 0.5}, {1, 0.5}}, {{0, 0.5}, {1, 0.5}}, {{2, 1.0}}});
  CHECK(spectrum(MixingSchedule({halves})).p == 0);
}
