#include "datasets/partition.hpp"

#include "harness/core/check.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>
#include <set>

using namespace xib;
using Catch::Contains;

namespace {

// `per_class` images of each of `classes`, labels in turn.
std::vector<std::int32_t> labels(int classes, int per_class) {
  std::vector<std::int32_t> out;
  for (int k = 0; k < classes * per_class; ++k) out.push_back(k % classes);
  return out;
}

std::string example(const PartitionInfo& info) {
  if (info.name == "dirichlet") return "dirichlet(0.3)";
  return info.name == "shards" ? "shards(2)" : std::string(info.name);
}

Shards make(const std::string& text, const std::vector<std::int32_t>& of, int classes, int nodes, std::uint64_t seed = 5) {
  return make_partition(Term::parse(text), {of, classes, nodes, seed});
}

double imbalance(const Shards& shards, const std::vector<std::int32_t>& of, int classes) {
  double sum = 0;
  for (const auto& shard : shards) {
    std::vector<double> share(static_cast<std::size_t>(classes), 0);
    for (const auto k : shard) share[static_cast<std::size_t>(of[static_cast<std::size_t>(k)])] += 1.0 / static_cast<double>(shard.size());
    for (const double s : share) sum += std::abs(s - 1.0 / classes) / static_cast<double>(shards.size());
  }
  return sum;
}

}  // namespace

TEST_CASE("every partition of the table gives every image to exactly one node") {
  const auto of = labels(10, 63);
  for (const auto& info : partitions())
    for (const int nodes : {1, 2, 7, 16, 25}) {
      INFO(info.name << " on " << nodes);
      const auto shards = make(example(info), of, 10, nodes);
      REQUIRE(shards.size() == static_cast<std::size_t>(nodes));
      std::vector<std::int32_t> all;
      for (const auto& shard : shards) {
        CHECK(!shard.empty());
        all.insert(all.end(), shard.begin(), shard.end());
      }
      std::sort(all.begin(), all.end());
      std::vector<std::int32_t> expected(of.size());
      std::iota(expected.begin(), expected.end(), 0);
      CHECK(all == expected);
    }
}

TEST_CASE("a partition is a function of the seed") {
  const auto of = labels(10, 40);
  for (const auto& info : partitions()) {
    CHECK(make(example(info), of, 10, 8) == make(example(info), of, 10, 8));
    CHECK(make(example(info), of, 10, 8) != make(example(info), of, 10, 8, 6));
  }
}

TEST_CASE("iid shares differ by at most one image") {
  for (const auto* name : {"iid", "iid-fixed"})
    for (const auto& shard : make(name, labels(10, 10), 10, 7)) CHECK((shard.size() == 14 || shard.size() == 15));
}

TEST_CASE("shards(k) gives a node at most k classes when the pieces are even") {
  const auto of = labels(10, 40);
  for (const int k : {1, 2, 5})
    for (const auto& shard : make("shards(" + std::to_string(k) + ")", of, 10, 10)) {
      std::set<std::int32_t> classes;
      for (const auto image : shard) classes.insert(of[static_cast<std::size_t>(image)]);
      CHECK(static_cast<int>(classes.size()) <= k);
      CHECK(shard.size() == 40);
    }
}

TEST_CASE("dirichlet leaves no node under its bound and is the less even the smaller alpha is") {
  const auto of = labels(10, 600);
  double last = 0;
  for (const auto* alpha : {"1000", "1", "0.1", "0.01"}) {
    INFO("alpha " << alpha);
    const auto shards = make(std::string("dirichlet(") + alpha + ")", of, 10, 16);
    for (const auto& shard : shards) CHECK(shard.size() >= 187);  // half of 6000 / 16
    const double now = imbalance(shards, of, 10);
    CHECK(now > last);
    last = now;
  }
  // alpha = 1000: a share of a class varies by 1/sqrt(alpha * group) = 1 %; alpha = 0.01: nearly one class per node, |1 - 1/10| + 9/10.
  CHECK(imbalance(make("dirichlet(100000)", of, 10, 16), of, 10) < 0.2);
  CHECK(last > 1.2);
}

TEST_CASE("dirichlet gives up with a reason when no draw can leave every node enough") {
  CHECK_THROWS_WITH(make("dirichlet(0.001, smallest = 0.9, group = 64)", labels(2, 64), 2, 64), Contains("raise alpha"));
}

TEST_CASE("the class histogram counts every image where it is") {
  const std::vector<std::int32_t> of = {0, 1, 1, 2, 0};
  CHECK(class_histogram({{0, 1}, {2, 3, 4}}, of, 3) == std::vector<std::int64_t>{1, 1, 0, 1, 1, 1});
}

TEST_CASE("impossible partitions are refused by name") {
  const auto of = labels(2, 3);
  for (const auto& info : partitions()) CHECK_THROWS_WITH(make(example(info), of, 2, 7), Contains("more nodes than samples"));
  CHECK_THROWS_WITH(make("dirchlet(1)", of, 2, 2), Contains("did you mean 'dirichlet'"));
  for (const auto* text : {"dirichlet(0)", "dirichlet(-1)", "dirichlet", "dirichlet(1, smallest = 1)", "dirichlet(1, group = 0)", "shards(0)", "shards(100)",
                           "shards", "iid(2)", "iid-fixed(2)"})
    CHECK_THROWS_AS(make(text, of, 2, 2), Error);
}
