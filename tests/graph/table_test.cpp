#include <algorithm>
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "harness/core/check.hpp"
#include "harness/graph/spectrum.hpp"
#include "harness/graph/uses_seed.hpp"

using namespace xib;

namespace {

constexpr double kHalfUlp = 0x1p-53;  // of numbers just under 1

std::vector<int> sizes() {
  std::vector<int> n;
  for (int k = 1; k <= 36; ++k) n.push_back(k);
  n.insert(n.end(), {47, 48, 64});
  return n;
}

// How the tests write a graph of the table; empty: it needs a file.
std::string written(const TopologyInfo& info) { return info.example == "-" ? "" : std::string(info.example.empty() ? info.name : info.example); }

bool power_of_two(int n) { return std::has_single_bit(static_cast<unsigned>(n)); }

// Where a graph exists, by its definition. Those not named exist for every n.
bool exists(std::string_view name, int n) {
  if (name == "hypercube" || name == "one-peer-hypercube") return power_of_two(n);
  if (name == "bipartite-exponential" || name == "one-peer-ring") return n % 2 == 0;
  if (name == "random-regular" || name == "dynamic-regular") return n >= 4 && n % 2 == 0;  // degree 3
  if (name == "watts-strogatz") return n >= 5;
  if (name == "barabasi-albert") return n >= 3;
  if (name == "random-directed") return n >= 2;
  if (name == "circulant" || name == "directed-circulant") return n != 1 && n != 3;  // offset 3 is a loop
  if (name == "karate-club") return n == 34;
  if (name == "davis-southern-women") return n == 32;
  if (name == "florentine-families") return n == 15;
  return true;
}

// The weights that every graph of the name takes.
std::string_view fitting_weights(std::string_view name) {
  const std::set<std::string_view> own{"base", "equi-static", "equi-dynamic", "alternate"};
  return own.contains(name) ? "uniform" : "push-sum";
}

int side(int length) { return std::min(length - 1, 2); }

// Messages that the busiest node receives in a round, where the definition says it.
std::optional<int> degree(std::string_view name, int n) {
  const int log2 = std::bit_width(static_cast<unsigned>(n - 1));
  int rows = 1;
  for (int r = 1; r * r <= n; ++r) rows = n % r == 0 ? r : rows;
  const std::map<std::string_view, int> degrees{{"complete", n - 1},
                                                {"ring", side(n)},
                                                {"path", side(n)},
                                                {"star", n - 1},
                                                {"torus", side(rows) + side(n / rows)},
                                                {"grid", side(rows) + side(n / rows)},
                                                {"hypercube", log2},
                                                {"exponential", log2},
                                                {"directed-ring", std::min(n - 1, 1)},
                                                {"directed-circulant", n == 2 ? 1 : 2},
                                                {"random-regular", 3},
                                                {"dynamic-regular", 3},
                                                {"one-peer-exponential", std::min(n - 1, 1)},
                                                {"bipartite-exponential", 1},
                                                {"one-peer-ring", 1},
                                                {"one-peer-hypercube", std::min(n - 1, 1)},
                                                {"base", std::min(n - 1, 1)},
                                                {"random-matching", std::min(n - 1, 1)},
                                                {"random-edge", std::min(n - 1, 1)},
                                                {"equi-dynamic", std::min(n - 1, 1)},
                                                {"alternate", n - 1}};
  const auto found = degrees.find(name);
  return found == degrees.end() ? std::nullopt : std::optional(found->second);
}

std::optional<MixingSchedule> make(const std::string& graph, std::string_view weights, int n) {
  try {
    return make_mixing(graph, weights, n, 5);
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::input);
    return std::nullopt;
  }
}

// In long double, whose 64 bits of precision make the sum of up to 64 weights exact next to kHalfUlp.
void check_sums(const MixingMatrix& w) {
  std::vector<long double> rows(static_cast<std::size_t>(w.size())), columns(rows);
  for (int i = 0; i < w.size(); ++i) {
    bool diagonal = false;
    for (const auto& [j, value] : w.row(i)) {
      CHECK((value > 0 || (value == 0 && j == i)));
      rows[static_cast<std::size_t>(i)] += value;
      columns[static_cast<std::size_t>(j)] += value;
      diagonal = diagonal || j == i;
    }
    CHECK(diagonal);
  }
  const bool by_rows = w.stochastic() == MixingMatrix::Stochastic::rows;
  const auto worst = [](const std::vector<long double>& sums) {
    long double most = 0;
    for (const auto s : sums) most = std::max(most, std::abs(s - 1));
    return most;
  };
  CHECK(worst(by_rows ? rows : columns) <= kHalfUlp);
  // the other sums are of weights that are each rounded by at most half an ulp, and an ulp of 1/2 is 2^-53
  if (by_rows) CHECK((w.doubly_stochastic() && worst(columns) <= w.size() * kHalfUlp));
  if (w.symmetric()) CHECK(worst(columns) <= kHalfUlp);
}

std::vector<std::int64_t> rounds_of(const MixingSchedule& schedule) {
  std::vector<std::int64_t> rounds;
  for (std::int64_t t = 0; t < (schedule.period() > 0 ? schedule.period() : 5); ++t) rounds.push_back(t);
  return rounds;
}

}  // namespace

TEST_CASE("every graph exists where its definition says and is refused elsewhere") {
  for (const auto& info : topologies())
    for (const int n : sizes()) {
      if (written(info).empty()) continue;
      CAPTURE(info.name, n);
      CHECK(make(written(info), fitting_weights(info.name), n).has_value() == exists(info.name, n));
    }
}

TEST_CASE("under every rule that a graph takes, weights are positive and sum to 1 to the last bit") {
  for (const auto& info : topologies())
    for (const auto& rule : weight_rules()) {
      int made = 0;
      for (const int n : sizes()) {
        if (written(info).empty() || !exists(info.name, n)) continue;
        CAPTURE(info.name, rule.name, n);
        const auto schedule = make(written(info), rule.name, n);
        if (!schedule) continue;
        ++made;
        CHECK(schedule->nodes() == n);
        for (const auto t : rounds_of(*schedule)) check_sums(schedule->at(t));
      }
      if (rule.name == fitting_weights(info.name) && !written(info).empty()) CHECK(made > 0);
    }
}

TEST_CASE("every graph mixes: by p in every round, or by the contraction of a period") {
  for (const auto& info : topologies())
    for (const int n : sizes()) {
      if (n == 1 || written(info).empty()) continue;
      for (const auto* rule : {"uniform", "metropolis", "lazy"}) {
        if (!exists(info.name, n)) continue;
        const auto schedule = make(written(info), rule, n);
        if (!schedule) continue;
        CAPTURE(info.name, n, rule);
        const Spectrum s = spectrum(*schedule);
        if (schedule->period() > 0) CHECK(s.contraction_rounds == schedule->period());
        if (s.contraction_rounds > 0) CHECK((s.contraction >= 0 && s.contraction < 1));
        if (s.contraction_rounds <= 1) CHECK((s.p > 0 && s.p <= 1));
        if (s.contraction_rounds > 1) CHECK(std::isnan(s.p));
        if (s.contraction_rounds == 1) CHECK((s.p == 1) == (s.contraction == 0));
        CHECK(rounds_to_reduce(s, 1000) >= 1);
        const double neighbors = n <= 12 ? effective_neighbors(*schedule, 0.5) : n;
        CHECK((neighbors >= 1 - 1e-9 && neighbors <= n * (1 + 1e-9)));
      }
    }
}

TEST_CASE("lazy weights have no negative eigenvalue") {
  for (const auto& info : topologies())
    for (const auto* rule : {"lazy", "lazy-metropolis", "lazy-max-degree"})
      for (const int n : {2, 6, 16, 32}) {
        if (written(info).empty() || !exists(info.name, n)) continue;
        const auto schedule = make(written(info), rule, n);
        if (!schedule || schedule->period() != 1 || !schedule->at(0).symmetric()) continue;
        CAPTURE(info.name, n, rule);
        CHECK(spectrum(*schedule).lambda_min >= -n * 0x1p-50);  // backward error of the eigen-solver
      }
}

TEST_CASE("every undirected graph takes metropolis weights, which are symmetric") {
  const std::set<std::string_view> directed{"exponential",        "directed-ring", "directed-circulant", "random-directed", "one-peer-exponential",
                                            "random-permutation", "base",          "equi-static",        "equi-dynamic"};
  for (const auto& info : topologies())
    for (const int n : {15, 16, 32, 34}) {
      if (written(info).empty() || !exists(info.name, n)) continue;
      CAPTURE(info.name, n);
      const auto schedule = make(written(info), "metropolis", n);
      CHECK(schedule.has_value() == !directed.contains(info.name));
      if (!schedule) continue;
      for (const auto t : rounds_of(*schedule)) CHECK(schedule->at(t).symmetric());
    }
}

TEST_CASE("a graph has the degree that its definition says") {
  for (const auto& info : topologies())
    for (const int n : sizes()) {
      if (written(info).empty() || !exists(info.name, n) || !degree(info.name, n)) continue;
      CAPTURE(info.name, n);
      const auto traffic = round_traffic(*make(written(info), fitting_weights(info.name), n));
      CHECK(traffic.most_received == *degree(info.name, n));
      CHECK((traffic.sent <= traffic.most_received && traffic.sent <= traffic.most_sent));
    }
}

TEST_CASE("the busiest sender and the busiest receiver of a round need not be one, nor in the first round") {
  const auto alternate = round_traffic(make_mixing("alternate(ring, 9, complete, 1)", "uniform", 8, 1));
  CHECK((alternate.most_received == 7 && alternate.most_sent == 7 && alternate.sent == Approx((9 * 2 + 7) / 10.0)));

  const MixingMatrix one_to_all({{{0, 1.0}}, {{0, 0.5}, {1, 0.5}}, {{0, 0.5}, {2, 0.5}}});
  const auto directed = round_traffic(MixingSchedule({one_to_all}));
  CHECK((directed.most_sent == 2 && directed.most_received == 1 && directed.sent == Approx(2.0 / 3)));
}

TEST_CASE("a drawn graph has its number of edges and depends on the seed alone") {
  const auto messages = [](const char* graph, int n) { return make_mixing(graph, "push-sum", n, 3).at(0).messages(); };
  for (const int n : {8, 17, 64}) {
    CHECK(messages("random-regular(4)", n) == 4 * n);
    CHECK(messages("watts-strogatz(4, 0.5)", n) == 4 * n);
    CHECK(messages("barabasi-albert(3)", n) == 2 * (3 + (n - 4) * 3));
    CHECK(messages("random-directed(5)", n) == 5 * n);
    CHECK(messages("erdos-renyi(1)", n) == n * (n - 1));
  }
  CHECK(messages("random-regular(30)", 32) == 30 * 32);
  for (const auto* graph : {"random-regular", "erdos-renyi", "watts-strogatz", "barabasi-albert", "random-directed", "equi-static"}) {
    const std::string_view weights = fitting_weights(graph);
    const auto a = graph_of(make_mixing(graph, weights, 32, 3).at(0)), again = graph_of(make_mixing(graph, weights, 32, 3).at(0));
    const auto other = graph_of(make_mixing(graph, weights, 32, 4).at(0));
    CAPTURE(graph);
    CHECK(receivers(a) == receivers(again));
    CHECK(receivers(a) != receivers(other));
  }
}

TEST_CASE("alternate takes graphs in turn, with sizes written in blanks") {
  const auto schedule = make_mixing("alternate(\"torus 2 4\", 2, complete, 1)", "uniform", 8, 1);

  REQUIRE(schedule.period() == 3);
  CHECK(schedule.at(0).max_degree() == 3);
  CHECK(schedule.at(4).max_degree() == 3);
  CHECK(schedule.at(5).max_degree() == 7);
}

TEST_CASE("push-sum weights divide a node's mass among its receivers and itself") {
  const MixingMatrix w = make_mixing("star", "push-sum", 4, 1).at(0);

  for (int i = 0; i < 4; ++i) CHECK(w.at(i, 0) == 0.25);
  for (int j = 1; j < 4; ++j) CHECK((w.at(0, j) == 0.5 && w.at(j, j) == 0.5));
  CHECK(w.stochastic() == MixingMatrix::Stochastic::columns);
}

TEST_CASE("max-degree weights are those of the largest node on every edge") {
  const MixingMatrix w = make_mixing("path", "max-degree", 3, 1).at(0);

  CHECK((w.at(0, 1) == 1.0 / 3 && w.at(1, 2) == 1.0 / 3 && w.at(0, 0) == 1 - 1.0 / 3));
}

TEST_CASE("a graph that is said to use no seed is the same with every seed") {
  for (const TopologyInfo& info : topologies()) {
    const std::string name = written(info);
    if (name.empty() || uses_seed(name)) continue;
    INFO(name);
    const int n = info.name == "karate-club" ? 34 : info.name == "davis-southern-women" ? 32 : info.name == "florentine-families" ? 15 : 16;
    const auto one = make_mixing(name, fitting_weights(info.name), n, 1), other = make_mixing(name, fitting_weights(info.name), n, 2);
    REQUIRE(one.period() > 0);
    REQUIRE(one.period() == other.period());
    for (std::int64_t t = 0; t < one.period(); ++t) {
      const MixingMatrix w = one.at(t), v = other.at(t);
      for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j) CHECK(w.at(i, j) == v.at(i, j));
    }
  }
  CHECK_FALSE(uses_seed("torus(4, 4)"));
  CHECK_FALSE(uses_seed("alternate(\"torus 4 4\", 2, complete, 1)"));
  CHECK(uses_seed("alternate(ring, 2, \"random-regular 3\", 1)"));
  CHECK(uses_seed("random-regular(3)"));
}
