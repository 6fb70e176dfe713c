#include "datasets/sampler.hpp"

#include "harness/core/check.hpp"
#include "harness/core/thread_pool.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

using namespace xib;

namespace {

const std::vector<std::int32_t> kLabels = [] {
  std::vector<std::int32_t> out;
  for (int k = 0; k < 53; ++k) out.push_back(k % 5);
  return out;
}();

Sampler make(const std::string& partition, int nodes = 4, std::int64_t batch = 3, std::uint64_t seed = 9) {
  return Sampler(Term::parse(partition), {kLabels, 5, nodes, seed}, batch);
}

std::vector<std::int32_t> take(Sampler& sampler, int node, std::int64_t step) {
  const auto batch = sampler.batch(node, step);
  return {batch.begin(), batch.end()};
}

}  // namespace

TEST_CASE("under iid no image is seen twice in an epoch, and the next epoch has another order") {
  auto sampler = make("iid");
  REQUIRE(sampler.steps_per_epoch() == 4);  // 53 / 12
  std::vector<std::vector<std::int32_t>> epochs;
  for (int epoch = 0; epoch < 3; ++epoch) {
    std::vector<std::int32_t> seen;
    for (int node = 0; node < 4; ++node)
      for (int step = 0; step < 4; ++step) {
        const auto batch = take(sampler, node, epoch * 4 + step);
        REQUIRE(batch.size() == 3);
        seen.insert(seen.end(), batch.begin(), batch.end());
      }
    CHECK(std::set(seen.begin(), seen.end()).size() == 48);
    epochs.push_back(seen);
  }
  CHECK(epochs[0] != epochs[1]);
  CHECK(epochs[1] != epochs[2]);
}

TEST_CASE("a node with a fixed shard sees its whole shard once per pass, whatever its size") {
  const auto shards = make_partition(Term::parse("dirichlet(0.5, smallest = 0.1)"), {kLabels, 5, 4, 9});
  auto sampler = make("dirichlet(0.5, smallest = 0.1)");
  for (int node = 0; node < 4; ++node) {
    auto shard = shards[static_cast<std::size_t>(node)];
    std::vector<std::int32_t> stream;
    for (std::size_t step = 0; stream.size() < 3 * shard.size(); ++step) {
      const auto batch = take(sampler, node, static_cast<std::int64_t>(step));
      stream.insert(stream.end(), batch.begin(), batch.end());
    }
    std::sort(shard.begin(), shard.end());
    for (int pass = 0; pass < 3; ++pass) {
      std::vector<std::int32_t> part(stream.begin() + pass * static_cast<long>(shard.size()), stream.begin() + (pass + 1) * static_cast<long>(shard.size()));
      std::sort(part.begin(), part.end());
      CHECK(part == shard);
    }
  }
}

TEST_CASE("a batch is a function of node and step: not of what was asked before, nor of the thread") {
  for (const auto* partition : {"iid", "iid-fixed", "shards(2)"}) {
    auto forward = make(partition), backward = make(partition), threaded = make(partition);
    std::vector<std::vector<std::int32_t>> expected;
    for (int k = 0; k < 40; ++k) expected.push_back(take(forward, k % 4, k / 4));
    for (int k = 39; k >= 0; --k) CHECK(take(backward, k % 4, k / 4) == expected[static_cast<std::size_t>(k)]);
    std::vector<std::vector<std::int32_t>> found(40);
    ThreadPool(3).for_each(4, [&](std::int64_t node, int) {
      for (int step = 0; step < 10; ++step) found[static_cast<std::size_t>(step * 4 + node)] = take(threaded, static_cast<int>(node), step);
    });
    CHECK(found == expected);
  }
}

TEST_CASE("the histogram is that of the first epoch") {
  const auto sampler = make("iid");
  CHECK(sampler.histogram() == class_histogram(make_partition(Term::parse("iid"), {kLabels, 5, 4, 9}), kLabels, 5));
}

TEST_CASE("an epoch without a single step is refused") {
  CHECK(steps_in_epoch(60, 4, 15) == 1);
  CHECK_THROWS_AS(make("iid", 4, 14), Error);
  CHECK_THROWS_AS(make("iid", 54, 1), Error);
  CHECK_THROWS_AS(make("iid", 4, 0), Error);
}
