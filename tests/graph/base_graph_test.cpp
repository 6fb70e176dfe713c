#include "harness/graph/base_graph.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

using namespace xib;

namespace {

// max |P - J| of the product P of a period, rounds applied in order.
double distance_from_mean(const std::vector<MixingMatrix>& period) {
  const auto n = static_cast<std::size_t>(period.front().size());
  double worst = 0;
  for (std::size_t start = 0; start < n; ++start) {
    std::vector<double> x(n, 0.0);
    x[start] = 1;
    for (const auto& w : period) {
      std::vector<double> y(n, 0.0);
      for (std::size_t i = 0; i < n; ++i)
        for (const auto& [j, value] : w.row(static_cast<int>(i))) y[i] += value * x[static_cast<std::size_t>(j)];
      x = y;
    }
    for (const double value : x) worst = std::max(worst, std::abs(value - 1.0 / static_cast<double>(n)));
  }
  return worst;
}

int degree(const std::vector<MixingMatrix>& period) {
  int most = 0;
  for (const auto& w : period) most = std::max(most, w.max_degree());
  return most;
}

}  // namespace

TEST_CASE("a period of the Base-(k+1) graph averages exactly, for any number of nodes") {
  for (int base = 2; base <= 6; ++base)
    for (int n = 1; n <= 70; ++n) {
      CAPTURE(base, n);
      const auto period = graphs::base_graph(n, base);
      // each of the at most 2 log2(n) + 2 rounds adds at most `base` roundings of values up to 1
      const double roundings = base * 2 * (std::log2(n) + 2);
      CHECK(distance_from_mean(period) <= roundings * 0x1p-53);
      CHECK(degree(period) <= base - 1);
      for (const auto& w : period) CHECK(w.symmetric());
    }
}

TEST_CASE("the Base-(k+1) graph is at most 2 log_base(n) + 2 rounds long") {  // theorem 1 of the paper
  for (int base = 2; base <= 6; ++base)
    for (int n = 2; n <= 300; ++n) {
      CAPTURE(base, n);
      CHECK(static_cast<double>(graphs::base_graph(n, base).size()) <= 2 * std::log(n) / std::log(base) + 2 + 1e-9);
    }
}

TEST_CASE("the Base-2 graph has the lengths of the hypercube and of the paper's examples") {
  CHECK(graphs::base_graph(8, 2).size() == 3);
  CHECK(graphs::base_graph(5, 2).size() == 5);  // 4 + 1: two rounds within, one exchange, two rounds after
  CHECK(graphs::base_graph(6, 2).size() == 4);  // 2 x 3: three rounds of 2 + 1, and one across; 4 + 2 would take five
  CHECK(graphs::base_graph(9, 3).size() == 2);
}

TEST_CASE("a shortened period of the Base-2 graph does not average") {
  for (const int n : {5, 6, 7, 8, 25}) {
    auto period = graphs::base_graph(n, 2);
    period.pop_back();
    CHECK(distance_from_mean(period) > 0.01);
  }
}
