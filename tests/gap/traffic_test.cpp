#include "harness/gap/traffic.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace xib;

TEST_CASE("a ring and an all-reduce of 4 nodes and 1000 bytes by hand") {
  Traffic ring, reduce;
  add_gossip(ring, std::vector<RoundLoad>{{8, 2}}, 8000);  // each node sends its model to two neighbours
  add_all_reduce(reduce, 4, 6000);                         // 2 (n - 1) models in all, in 6 rounds of 4 messages of 250 bytes

  CHECK(ring.messages == 8);
  CHECK(ring.serial_messages == 2);
  CHECK(ring.serial_bytes == 2000);
  CHECK(reduce.messages == 24);
  CHECK(reduce.serial_messages == 6);
  CHECK(reduce.serial_bytes == 1500);
  const Network network{.latency_s = 1, .bandwidth = 500};
  CHECK(modelled_seconds(ring, network) == 2 + 4);
  CHECK(modelled_seconds(reduce, network) == 6 + 3);
}

TEST_CASE("a round counts with its busiest node, and a step without a round with nothing") {
  Traffic traffic;
  add_gossip(traffic, std::vector<RoundLoad>{{6, 3}, {2, 1}}, 800);  // a star, then a pair: 8 messages of 100 bytes
  add_gossip(traffic, {}, 0);
  CHECK(traffic.messages == 8);
  CHECK(traffic.serial_messages == 4);
  CHECK(traffic.serial_bytes == 400);
}
