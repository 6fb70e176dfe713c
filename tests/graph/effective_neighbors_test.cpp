#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "harness/core/check.hpp"
#include "harness/graph/dense.hpp"
#include "harness/graph/spectrum.hpp"

using namespace xib;

namespace {

double neighbors(std::string_view graph, int nodes, double decay, std::string_view weights = "uniform") {
  return effective_neighbors(make_mixing(graph, weights, nodes, 1), decay);
}

// The definition, with every draw of the law weighed equally: the rounds of `draws[k]` follow each other, and the mean over k of what they
// make of C is the next C. Iterated until nothing is left of the start: decay^(rounds) < 1e-12.
double by_definition(const std::vector<std::vector<MixingMatrix>>& draws, double decay) {
  const int n = draws[0][0].size();
  const auto length = draws[0].size();
  Dense expected(n);
  double trace_sum = 0;
  for (double left = 1; left > 1e-12; left *= std::pow(decay, static_cast<double>(length))) {
    Dense next(n);
    trace_sum = 0;
    for (const auto& rounds : draws) {
      Dense c = expected;
      for (const auto& w : rounds) {
        for (double& value : c.values) value *= decay;
        for (int i = 0; i < n; ++i) c(i, i) += 1;
        c = w * transposed(w * c);
        trace_sum += trace(c);
      }
      for (std::size_t k = 0; k < c.values.size(); ++k) next.values[k] += c.values[k] / static_cast<double>(draws.size());
    }
    expected = next;
  }
  return 1 / (1 - decay) / (trace_sum / (static_cast<double>(draws.size() * length) * n));
}

std::vector<MixingMatrix> period(std::string_view graph, int nodes, std::string_view weights = "uniform") {
  const auto schedule = make_mixing(graph, weights, nodes, 1);
  return {schedule.matrices().begin(), schedule.matrices().end()};
}

std::vector<std::vector<MixingMatrix>> orders(const std::vector<MixingMatrix>& rounds) {
  std::vector<std::size_t> order(rounds.size());
  std::iota(order.begin(), order.end(), 0);
  std::vector<std::vector<MixingMatrix>> all;
  do {
    auto& one = all.emplace_back();
    for (const auto k : order) one.push_back(rounds[k]);
  } while (std::next_permutation(order.begin(), order.end()));
  return all;
}

std::vector<std::vector<MixingMatrix>> singly(const std::vector<MixingMatrix>& rounds) {
  std::vector<std::vector<MixingMatrix>> all;
  for (const auto& w : rounds) all.push_back({w});
  return all;
}

// All pairs, with weights 1/2.
std::vector<MixingMatrix> pairs(int nodes) {
  std::vector<MixingMatrix> all;
  for (int a = 0; a < nodes; ++a)
    for (int b = a + 1; b < nodes; ++b) {
      std::vector<std::vector<Weight>> rows(static_cast<std::size_t>(nodes));
      for (int i = 0; i < nodes; ++i) rows[static_cast<std::size_t>(i)] = {{i, i == a || i == b ? 0.5 : 1.0}};
      rows[static_cast<std::size_t>(a)].push_back({b, 0.5});
      rows[static_cast<std::size_t>(b)].push_back({a, 0.5});
      all.emplace_back(std::move(rows));
    }
  return all;
}

}  // namespace

TEST_CASE("the effective number of neighbors goes from 1 without mixing to n with exact averaging") {
  for (const double decay : {0.0, 0.5, 0.9}) {
    CHECK(neighbors("complete", 8, decay) == Approx(8));
    CHECK(effective_neighbors(MixingSchedule({MixingMatrix({{{0, 1.0}}, {{1, 1.0}}})}), decay) == Approx(1));
  }
  // γ = 0: 1 / ((1/n) ‖W‖_F²) = degree + 1 with uniform weights
  CHECK(neighbors("torus", 25, 0) == Approx(5));
  CHECK(neighbors("dynamic-regular(3)", 16, 0) == Approx(4));
  CHECK_THROWS_WITH(neighbors("ring", 4, 1.0), Catch::Contains("[0, 1)"));
  CHECK(std::isnan(neighbors("star", 8, 0.5, "push-sum")));
}

TEST_CASE("every way of computing the effective number of neighbors gives what the covariance does") {
  // By eigenvalues, in turn by Fourier, and by the covariance (graphs that no translation leaves as they are)
  for (const auto* graph : {"ring", "exponential", "grid", "one-peer-exponential", "alternate(ring, 2, exponential, 3)", "one-peer-ring", "base(3)"})
    for (const double decay : {0.0, 0.5, 0.9}) {
      const auto* weights = graph == std::string_view("grid") ? "metropolis" : "uniform";
      CAPTURE(graph, decay);
      CHECK(neighbors(graph, 12, decay, weights) == Approx(by_definition({period(graph, 12, weights)}, decay)).epsilon(1e-9));
    }
}

TEST_CASE("the effective number of neighbors of a random graph is that of its law") {
  for (const double decay : {0.0, 0.5, 0.9}) {
    CAPTURE(decay);
    for (const int n : {4, 6, 8}) {
      const auto powers = period("one-peer-exponential", n);
      CAPTURE(n);
      CHECK(neighbors("one-peer-exponential(random)", n, decay) == Approx(by_definition(singly(powers), decay)).epsilon(1e-9));
      CHECK(neighbors("one-peer-exponential(permutation)", n, decay) == Approx(by_definition(orders(powers), decay)).epsilon(1e-9));
    }
    CHECK(neighbors("random-edge", 5, decay) == Approx(by_definition(singly(pairs(5)), decay)).epsilon(1e-9));
    CHECK(neighbors("random-matching", 3, decay) == Approx(by_definition(singly(pairs(3)), decay)).epsilon(1e-9));
  }
  // a law that nobody tells is sampled; at γ = 0 that is exact where ‖W‖_F² is the same in every round, here 3 + 4/4 = n - 1
  const auto known = make_mixing("random-edge", "uniform", 5, 1);
  const MixingSchedule untold(5, [&](std::int64_t round) { return known.at(round); });
  CHECK(effective_neighbors(untold, 0) == Approx(1 / (1 - 1.0 / 5)).epsilon(1e-12));
}

TEST_CASE("the effective number of neighbors is exact for any size that has closed forms, and left out where it would take too long") {
  // (1/n) tr C = Σ_s γ^(s-1) (1/n) ‖product of the last s rounds‖_F². With n = 2^T a product of s <= T successive rounds has 2^s equal
  // weights in a row, and of more it is J.
  for (const int T : {3, 12, 13}) {
    const double decay = 0.9, n = std::pow(2, T);
    const double variance = 0.5 * (1 - std::pow(decay / 2, T)) / (1 - decay / 2) + std::pow(decay, T) / (1 - decay) / n;
    CHECK(neighbors("one-peer-exponential", 1 << T, decay) == Approx(1 / (1 - decay) / variance).epsilon(1e-9));
  }
  const double count = neighbors("one-peer-exponential", 4097, 0.9);
  CHECK((count > 10 && count < 4097));
  // E[W (I - J) Wᵀ] = (1 - p)(I - J), p = n / (2 (n - 1)): a pair averages
  const double kept = 1 - 512.0 / 1023, variance = (1 / (1 - 0.9) + 1023 * kept / (1 - 0.9 * kept)) / 1024;
  CHECK(neighbors("random-matching", 1024, 0.9) == Approx(1 / (1 - 0.9) / variance).epsilon(1e-9));
  CHECK(std::isnan(neighbors("one-peer-ring", 4096, 0.9)));
  CHECK(std::isnan(neighbors("one-peer-ring", 64, 0.999999)));
  CHECK(neighbors("one-peer-ring", 64, 0.99) > 2);
  CHECK(std::isnan(neighbors("path", 5000, 0.9, "metropolis")));
}
