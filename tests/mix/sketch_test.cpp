#include "harness/mix/sketch.hpp"

#include "harness/core/check.hpp"
#include "harness/mix/sketch_runs.hpp"
#include "tests/mix/worlds.hpp"

#include <catch2/catch.hpp>

#include <cmath>

using namespace xib;
using namespace xib::test;

namespace {

// The estimates for keys 0..keys-1.
std::vector<double> estimates(const Rows& rows, int buckets, int keys, Spread how = {}) {
  std::vector<double> out;
  spread(rows, how, [&](Communicator& communicator, ThreadPool& pool, NodeLayout layout, NodeMatrix& x) {
    Sketch sketch(communicator, pool, layout, x.dim(), buckets, 11);
    std::vector<double> mine;
    for (int key = 0; key < keys; ++key) mine.push_back(sketch.squared_distance(x, key));
    if (layout.rank == layout.ranks - 1) out = mine;
  });
  return out;
}

// Mean and mean square of estimate / Ξ² - 1.
std::pair<double, double> relative_errors(const Rows& rows, int buckets, int keys) {
  const double exact = squared_distance(rows);
  double sum = 0, squares = 0;
  for (const double e : estimates(rows, buckets, keys)) sum += e / exact - 1, squares += (e / exact - 1) * (e / exact - 1);
  return {sum / keys, squares / keys};
}

}  // namespace

TEST_CASE("with as many buckets as columns nothing shares one, and the sketch is exact") {
  const Rows rows{{1, 2, 3}, {5, 2, -1}, {0, 8, 1}, {2, 4, 5}};  // mean 2 4 2
  for (const int buckets : {3, 4, 100}) CHECK(estimates(rows, buckets, 5) == std::vector<double>(5, 58.0 / 4));
}

TEST_CASE("equal rows are at distance 0 exactly") {
  const Rows rows(5, random_rows(1, 1000, 1)[0]);
  CHECK(estimates(rows, 7, 3) == std::vector<double>(3, 0.0));
}

TEST_CASE("the estimate of the squared distance is unbiased with a relative variance of 2/k at most") {
  // K keys: the mean is off by at most 5 standard errors sqrt(2/(kK)). The mean of the K squared errors exceeds its expectation, at most 2/k, by at
  // most 5 of its standard errors, (2/k) sqrt((κ - 1)/K), where the kurtosis κ of a sum of squares stays below that of one square, 15.
  const int keys = 2000;
  for (const int k : {8, 33, 128}) {
    for (const auto& rows : {random_rows(4, 1000, 2), random_rows(2, 700, 3, 1, 50)}) {  // two nodes: ‖M‖_F = tr M, the worst case
      INFO("k = " << k);
      const auto [bias, variance] = relative_errors(rows, k, keys);
      CHECK(std::abs(bias) <= 5 * std::sqrt(2.0 / k / keys));
      CHECK(variance <= 2.0 / k * (1 + 5 * std::sqrt(14.0 / keys)));
      CHECK(variance > 0);
    }
  }
}

TEST_CASE("the bound is one on the squared distance: the root's relative error may exceed half of it when k is small") {
  // Two nodes apart in two columns by 1 and 1: they share a bucket with probability 1/k, and then Ξ² doubles or vanishes. The root's error is then
  // √2 - 1 or -1, its mean square (1/k) ((√2 - 1)² + 1)/2 = 0.586/k > 0.5/k.
  const int k = 8, keys = 40'000;
  Rows rows(2, std::vector<float>(64, 0.0f));
  rows[0][3] = rows[0][20] = 1;
  const double exact = std::sqrt(squared_distance(rows)), expected = (std::pow(std::sqrt(2.0) - 1, 2) + 1) / 2 / k;
  double squares = 0;
  for (const double e : estimates(rows, k, keys)) squares += std::pow(std::sqrt(e) / exact - 1, 2) / keys;
  // The square is at most 1, and 0 but with probability 1/k: its mean has a standard error below sqrt(1/(kK)) = 0.0018, a sixth of 0.586/k - 0.5/k.
  CHECK(std::abs(squares - expected) <= 5 * std::sqrt(1.0 / k / keys));
  CHECK(squares > 1 / (2.0 * k));
}

TEST_CASE("columns that are whole runs apart meet no more often than others") {
  // All the distance is in two columns at a multiple of k: without the rotations they would always share a bucket, and the relative variance be 1. It is
  // 1/k: the error is ±1 with probability 1/k, so its mean square has the standard error sqrt((1/k)(1 - 1/k)/K).
  const int k = 8, keys = 4000;
  Rows rows(2, std::vector<float>(64, 0.0f));
  rows[0][3] = rows[0][3 + 4 * 8] = 1;
  const auto [bias, variance] = relative_errors(rows, k, keys);
  CHECK(std::abs(bias) <= 5 * std::sqrt(1.0 / k / keys));
  CHECK(std::abs(variance - 1.0 / k) <= 5 * std::sqrt((1.0 / k) * (1 - 1.0 / k) / keys));
}

TEST_CASE("a sketch has the same bits on any number of ranks and threads, and others for another key") {
  for (const std::size_t dim : {1, 5, 1000, 5003}) {
    const Rows rows = random_rows(9, dim, 4);
    const auto alone = estimates(rows, 32, 3);
    for (const auto how : kSpreads) {
      INFO("dim " << dim << ", " << how.ranks << " ranks, " << how.threads << " threads");
      CHECK(estimates(rows, 32, 3, how) == alone);
    }
    if (dim > 32) CHECK(alone[0] != alone[1]);
  }
}

TEST_CASE("the bytes that a sketch names are what the ranks really sent, with one node per rank") {
  std::vector<std::int64_t> sent(5);
  std::int64_t said = 0;
  spread(random_rows(5, 100, 5), {5, 1}, [&](Communicator& communicator, ThreadPool& pool, NodeLayout layout, NodeMatrix& x) {
    Sketch sketch(communicator, pool, layout, x.dim(), 16, 1);
    sketch.squared_distance(x, 0);
    sent[static_cast<std::size_t>(layout.rank)] = communicator.traffic().bytes;
    if (layout.rank == 0) said = sketch.bytes();
  });
  std::int64_t sum = 0;
  for (const auto bytes : sent) sum += bytes;
  CHECK(said == sum);
  CHECK_THROWS_WITH(estimates(random_rows(1, 1, 1), 0, 1), Catch::Contains("at least 1"));
}

TEST_CASE("sums of runs have the bits of a plain loop, whatever the rotations are and where the columns end") {
  for (const std::size_t k : {1, 3, 4, 5, 7, 16, 17, 64, 100, 131})
    for (const std::size_t dim : {1, 15, 64, 333, 1000}) {
      CAPTURE(k, dim);
      const std::size_t count = (dim + k - 1) / k;
      const Rows values = random_rows(1, dim, 7);
      NodeMatrix x(1, dim);
      copy_in(values, {1, 1, 0}, x);
      RandomStream stream(1, Purpose::problem);
      std::vector<std::uint32_t> flips(count * k);
      std::vector<SketchRun> runs;
      std::vector<double> expected(k, 0.5), sums = expected;
      for (std::size_t r = 0; r < count; ++r) {
        for (std::size_t b = 0; b < k; ++b) flips[r * k + b] = static_cast<std::uint32_t>(stream.below(2)) << 31;
        runs.push_back({r * k, static_cast<std::size_t>(stream.below(k)), flips.data() + r * k});
        for (std::size_t c = 0; c < k && r * k + c < dim; ++c) {
          const std::size_t bucket = (c + runs[r].rotation) % k;
          expected[bucket] += (runs[r].flips[bucket] ? -1.0 : 1.0) * values[0][r * k + c];
        }
      }
      add_runs(x.address(0), nullptr, dim, k, runs, sums.data());
      CHECK(sums == expected);
    }
}
