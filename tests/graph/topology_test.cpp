#include "harness/graph/topology.hpp"

#include <catch2/catch.hpp>

#include "harness/core/check.hpp"

using namespace xib;
using Catch::Contains;
using Lists = std::vector<std::vector<int>>;

TEST_CASE("a topology sorts its neighbors and knows its largest degree") {
  const Topology path(Lists{{1}, {2, 0}, {1}});

  CHECK(std::vector<int>(path.neighbors(1).begin(), path.neighbors(1).end()) == std::vector<int>{0, 2});
  CHECK(path.max_degree() == 2);
  CHECK_FALSE(path.directed());
}

TEST_CASE("a topology refuses what is no simple graph") {
  CHECK_THROWS_WITH(Topology(Lists{}), Contains("at least one node"));
  CHECK_THROWS_WITH(Topology(Lists{{2}, {}}), Contains("neighbor 2") && Contains("0..1"));
  CHECK_THROWS_WITH(Topology(Lists{{-1}, {}}), Contains("neighbor -1"));
  CHECK_THROWS_WITH(Topology(Lists{{}, {1}}), Contains("node 1") && Contains("itself"));
  CHECK_THROWS_WITH(Topology(Lists{{1, 1}, {0, 0}}), Contains("double edge"));
  CHECK_THROWS_WITH(Topology(Lists{{1}, {}}), Contains("node 0 receives from 1") && Contains("directed"));
  CHECK_NOTHROW(Topology(Lists{{1}, {}}, true));
  CHECK_THROWS_WITH(from_edges(2, std::vector<std::pair<int, int>>{{0, 2}}), Contains("0 - 2"));
}

TEST_CASE("a directed graph is connected when every node reaches every other") {
  CHECK(Topology(Lists{{2}, {0}, {1}}, true).connected());
  CHECK_FALSE(Topology(Lists{{}, {0}, {1}}, true).connected());
  CHECK_FALSE(Topology(Lists{{1}, {}, {1}}, true).connected());
  CHECK_FALSE(Topology(Lists{{1}, {0}, {}}).connected());
  CHECK(Topology(Lists{{}}).connected());
}

TEST_CASE("the receivers of a directed graph are its senders turned around") {
  CHECK(receivers(Topology(Lists{{1, 2}, {2}, {}}, true)) == Lists{{}, {0}, {0, 1}});
}
