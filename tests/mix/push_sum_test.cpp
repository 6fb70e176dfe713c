#include "harness/mix/push_sum.hpp"

#include "harness/core/check.hpp"
#include "harness/mix/mixer.hpp"
#include "reference/push_sum.hpp"
#include "tests/mix/worlds.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <numeric>

using namespace xib;
using namespace xib::test;

namespace {

// From who sends how much to whom (column j: what j sends).
MixingSchedule columns(const std::vector<std::vector<double>>& dense) {
  std::vector<std::vector<Weight>> rows(dense.size());
  for (std::size_t i = 0; i < dense.size(); ++i)
    for (std::size_t j = 0; j < dense.size(); ++j)
      if (dense[i][j] != 0 || i == j) rows[i].push_back({static_cast<int>(j), dense[i][j]});
  std::vector<MixingMatrix> period;
  period.emplace_back(std::move(rows), MixingMatrix::Stochastic::columns);
  return MixingSchedule(std::move(period));
}

// Every node shares equally among itself and those it sends to.
MixingSchedule sharing(int nodes, const std::vector<std::vector<int>>& to) {
  std::vector<std::vector<double>> dense(static_cast<std::size_t>(nodes), std::vector<double>(static_cast<std::size_t>(nodes), 0.0));
  for (std::size_t j = 0; j < to.size(); ++j) {
    const double share = 1.0 / static_cast<double>(to[j].size() + 1);
    dense[j][j] = share;
    for (const int i : to[j]) dense[static_cast<std::size_t>(i)][j] = share;
  }
  return columns(dense);
}

std::vector<std::pair<std::string, MixingSchedule>> graphs() {
  std::vector<std::pair<std::string, MixingSchedule>> all;
  all.emplace_back("star", sharing(7, {{1, 2, 3, 4, 5, 6}, {0}, {0}, {0}, {0}, {0}, {0}}));
  all.emplace_back("one-way ring with a chord", sharing(7, {{1, 3}, {2}, {3}, {4}, {5}, {6}, {0}}));
  all.emplace_back("random directed", sharing(7, {{1, 4}, {2, 0, 5}, {3}, {6, 1}, {5}, {6, 2, 0}, {0, 4}}));
  return all;
}

Rows pushed(const Rows& rows, const MixingSchedule& schedule, int rounds, Spread how = {}) {
  return spread(rows, how, [&](Communicator& communicator, ThreadPool& pool, NodeLayout layout, NodeMatrix& x) {
    const MixingSchedule own = push_sum_schedule(schedule);
    Mixer mixer(communicator, pool, layout, x.dim(), own);
    mixer.rounds(x, 0, rounds / 2);
    mixer.rounds(x, rounds / 2, rounds - rounds / 2);
  });
}

}  // namespace

TEST_CASE("one round divides what arrived by the weight that arrived") {
  const auto w = columns({{0.5, 0, 0.5}, {0.25, 0.5, 0}, {0.25, 0.5, 0.5}});  // row sums 1, 3/4, 5/4
  CHECK(push_sum_weights(w, 0) == std::vector<double>{1, 1, 1});
  CHECK(push_sum_weights(w, 1) == std::vector<double>{1, 0.75, 1.25});
  const auto r = push_sum_schedule(w);
  CHECK(r.at(0).at(1, 0) == 0.25 / 0.75);
  CHECK(r.at(1).at(2, 1) == 0.5 * 0.75 / push_sum_weights(w, 2)[2]);
  CHECK(r.at(0).at(1, 0) == 0.25 / 0.75);  // going back
}

TEST_CASE("weights keep their sum") {
  for (const auto& [name, schedule] : graphs())
    for (const int round : {1, 10, 100}) {
      const auto w = push_sum_weights(schedule, round);
      // n entries with relative error below 8 u per round
      CHECK(std::abs(std::accumulate(w.begin(), w.end(), 0.0) - 7) <= 7 * 8 * round * 0x1p-53);
    }
}

TEST_CASE("push-sum agrees with its dense twin up to rounding in float, and has the same bits on any number of ranks and threads") {
  const int rounds = 9;
  for (const auto& [name, schedule] : graphs()) {
    INFO(name);
    const Rows rows = random_rows(7, 40, 1);
    const reference::Problem problem{.nodes = 7,
                                     .initial = reference::Vector(40, 0.0),
                                     .gradient =
                                         [&](int node, std::int64_t, const reference::Vector&) {
                                           reference::Vector g(rows[static_cast<std::size_t>(node)].begin(), rows[static_cast<std::size_t>(node)].end());
                                           for (double& value : g) value = -value;
                                           return g;
                                         },
                                     .loss = {}};
    const auto twin = reference::push_sum(problem, schedule, rounds, 1, {}, [](std::int64_t) { return 1.0; }).models[0].after;

    const Rows got = pushed(rows, schedule, rounds);

    // Up to 6 terms per row: per round (6 terms x 3 roundings relative to Σ|r| <= 1, x 2m, + 5 additions x 2m + 1) u m < 50 u m, |x| <= m < 6.
    for (std::size_t i = 0; i < 7; ++i)
      for (std::size_t c = 0; c < 40; ++c) CHECK(std::abs(got[i][c] - twin[i][c]) <= rounds * 50 * 0x1p-24 * 6);
    for (const auto how : kSpreads) CHECK(pushed(rows, schedule, rounds, how) == got);
  }
}

TEST_CASE("push-sum converges to the mean on directed graphs, where plain mixing has no right to") {
  for (const auto& [name, schedule] : graphs()) {
    INFO(name);
    const Rows rows = random_rows(7, 10, 2), after = pushed(rows, schedule, 400);
    for (std::size_t c = 0; c < 10; ++c) {
      double mean = 0;
      for (const auto& row : rows) mean += row[c] / 7.0;
      // While rows still differ each round errs by at most 50 u m (above); once they agree, by nothing. These graphs contract within 100 rounds.
      for (const auto& row : after) CHECK(std::abs(row[c] - mean) <= 100 * 50 * 0x1p-24 * 6);
    }
  }
}

TEST_CASE("consensus is a fixed point to the last bit") {
  const Rows rows(7, random_rows(1, 30, 3)[0]);
  for (const auto& [name, schedule] : graphs()) CHECK(pushed(rows, schedule, 50) == rows);
}

TEST_CASE("a node that nobody sends to is refused") {
  const auto w = columns({{0, 0}, {1, 1}});
  CHECK_THROWS_WITH(push_sum_schedule(w).at(0), Catch::Contains("node 0 receives nothing in round 0"));
}
