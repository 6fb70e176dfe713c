#include "harness/graph/traffic.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "harness/graph/default_weights.hpp"
#include "harness/graph/mixing_matrix.hpp"
#include "reference/network.hpp"

using namespace xib;

namespace {

const Interconnect kNetwork{.latency_s = 3e-5, .bandwidth = 2e9};

// Both sums have at most 4 n terms, each of them rounded some times, and only positive ones: a relative error below (4 n + 8) 2^-52.
bool same(double ours, double twin, int nodes) { return std::abs(ours - twin) <= (4 * nodes + 8) * std::ldexp(twin, -52); }

double twin_seconds(const reference::Rounds& rounds, int nodes) { return reference::seconds_of(rounds, nodes, kNetwork.latency_s, kNetwork.bandwidth); }

}  // namespace

TEST_CASE("a ring and an all-reduce of 4 nodes and 1000 bytes by hand") {
  RunTraffic ring, reduce;
  add_gossip(ring, std::vector<RoundLoad>{{8, 2}}, 8000);  // each node sends its model to two neighbours
  add_all_reduce(reduce, 4, 6000);                         // 2 (n - 1) models in all, in 6 rounds of 4 messages of 250 bytes

  CHECK(ring.messages == 8);
  CHECK(ring.serial_messages == 2);
  CHECK(ring.serial_bytes == 2000);
  CHECK(reduce.messages == 24);
  CHECK(reduce.serial_messages == 6);
  CHECK(reduce.serial_bytes == 1500);
  const Interconnect network{.latency_s = 1, .bandwidth = 500};
  CHECK(modelled_seconds(ring, network) == 2 + 4);
  CHECK(modelled_seconds(reduce, network) == 6 + 3);
}

TEST_CASE("an all-reduce by halving and a decision of 4 and 5 nodes and 1000 bytes by hand") {
  RunTraffic four, five, decision;
  add_all_reduce(four, 4, 6000, AllReduce::halving);  // 500, 250, 250, 500 bytes
  add_all_reduce(five, 5, 8000, AllReduce::halving);  // the fifth gives its model away and gets the mean: 1000 bytes twice
  add_decision(decision, 5, 100, 2);                  // 2 x 4 messages, 20 bytes of each node, and 3 rounds until all know the answer
  CHECK(four.messages == 16);
  CHECK(four.serial_messages == 4);
  CHECK(four.serial_bytes == 1500);
  CHECK(five.messages == 18);
  CHECK(five.serial_messages == 6);
  CHECK(five.serial_bytes == 3500);
  CHECK(decision.messages == 0);
  CHECK(decision.serial_messages == 11);
  CHECK(decision.serial_bytes == 20);
}

TEST_CASE("a round counts with its busiest node, and a step without a round with nothing") {
  RunTraffic traffic;
  add_gossip(traffic, std::vector<RoundLoad>{{6, 3}, {2, 1}}, 800);  // a star, then a pair: 8 messages of 100 bytes
  add_gossip(traffic, {}, 0);
  add_all_reduce(traffic, 1, 0);
  CHECK(traffic.messages == 8);
  CHECK(traffic.serial_messages == 4);
  CHECK(traffic.serial_bytes == 400);
}

TEST_CASE("collectives take what the messages of the plain twin take") {
  const double model = 1089896;
  for (const int n : {2, 3, 4, 5, 8, 13, 16, 31, 64}) {
    RunTraffic ring, halving, decision;
    add_all_reduce(ring, n, 2 * (n - 1) * model);
    add_all_reduce(halving, n, 2 * (n - 1) * model, AllReduce::halving);
    CHECK(same(modelled_seconds(ring, kNetwork), twin_seconds(reference::ring_all_reduce(n, model), n), n));
    CHECK(same(modelled_seconds(halving, kNetwork), twin_seconds(reference::halving_all_reduce(n, model), n), n));
    // Columns of all models, and sums that every node has for every other one.
    const double sums = 8.0 * n;
    add_decision(decision, n, n * (n - 1) * (model / n + sums), 2);
    CHECK(same(modelled_seconds(decision, kNetwork),
               twin_seconds(reference::all_to_all(n, model / n) + reference::all_to_all(n, sums) + reference::answer_of_rank_0(n), n), n));
  }
}

TEST_CASE("gossip takes what the messages of the plain twin take") {
  const double model = 4000;
  for (const char* name : {"ring", "star", "exponential", "complete", "one-peer-exponential"}) {
    const int n = 12;
    const MixingSchedule schedule = make_mixing(name, default_weights(name, n, 1), n, 1);
    std::vector<RoundLoad> loads;
    reference::Rounds rounds;
    double messages = 0;
    for (std::int64_t t = 0; t < 5; ++t) {
      const MixingMatrix w = schedule.at(t);
      loads.push_back(load_of(w));
      messages += static_cast<double>(w.messages());
      rounds = rounds + reference::gossip(reference::dense(w), model);
    }
    RunTraffic traffic;
    add_gossip(traffic, loads, messages * model);
    CHECK(same(modelled_seconds(traffic, kNetwork), twin_seconds(rounds, n), 5 * n));
  }
}
