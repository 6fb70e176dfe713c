#include "harness/control/method.hpp"

#include "reference/network.hpp"

#include <catch2/catch.hpp>

#include <cmath>

using namespace xib;

TEST_CASE("the modelled seconds of a decision are those of its messages, written down one by one, and of its arithmetic") {
  for (const int nodes : {2, 5, 16, 100})
    for (const std::size_t dim : {100U, 100'000U}) {
      const DecisionCost cost(nodes, dim);
      Method method{.kind = Method::Kind::automatic, .latency_s = 3e-5, .bandwidth = 2e9, .rate = HUGE_VAL};
      const auto twin = [&](double bytes, int exchanges) {  // of all nodes: every message is of the same size
        reference::Rounds rounds;
        for (int e = 0; e < exchanges; ++e) rounds = rounds + reference::all_to_all(nodes, bytes / exchanges / nodes / (nodes - 1));
        return reference::seconds_of(rounds + reference::answer_of_rank_0(nodes), nodes, method.latency_s, method.bandwidth);
      };
      CHECK(gram_seconds(method, cost, 3, 5) == Approx(twin(cost.gram_bytes, 2)).epsilon(1e-12));
      for (const int measurements : {1, 4})
        CHECK(loop_seconds(method, cost, measurements) == Approx(twin(measurements * cost.distance_bytes, 2 * measurements)).epsilon(1e-12));
      method.latency_s = 0, method.bandwidth = HUGE_VAL, method.rate = 1e6;
      const double n = nodes, d = static_cast<double>(dim);
      CHECK(gram_seconds(method, cost, 3, 5) == Approx((d * (n + 1) / 2 + 2 * d + 5 * n * n * 8) / 1e6));
      CHECK(loop_seconds(method, cost, 4) == Approx(4 * 2 * d / 1e6));
    }
}

TEST_CASE("the plan's number of measurements up to which the loop pays is where the seconds cross") {
  int some = 0;
  for (const int nodes : {4, 16, 64})
    for (const std::size_t dim : {50U, 10'000U, 1'000'000U})
      for (const double latency : {0.0, 1e-6, 50e-6}) {
        const DecisionCost cost(nodes, dim);
        const Method method{.kind = Method::Kind::automatic, .latency_s = latency};
        const int most = loop_pays_up_to(method, cost, 3, 1, 1000);
        CHECK(most >= 1);
        if (most == 1000) continue;
        ++some;
        CHECK(loop_seconds(method, cost, most) <= gram_seconds(method, cost, 3, most));
        CHECK(loop_seconds(method, cost, most + 1) > gram_seconds(method, cost, 3, most + 1));
      }
  CHECK(some > 20);
}
