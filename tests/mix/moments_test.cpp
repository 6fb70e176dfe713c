#include "harness/mix/moments.hpp"

#include "harness/mix/mixer.hpp"
#include "harness/mix/tile.hpp"
#include "tests/mix/worlds.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <cmath>
#include <mutex>
#include <tuple>

using namespace xib;
using namespace xib::test;

namespace {

ConsensusMoments measured(const Rows& rows, Gram gram, Spread how = {}) {
  std::vector<ConsensusMoments> all(static_cast<std::size_t>(how.ranks));
  spread(rows, how, [&](Communicator& communicator, ThreadPool& pool, NodeLayout layout, NodeMatrix& x) {
    NodeStatistics statistics(communicator, pool, layout, x.dim());
    all[static_cast<std::size_t>(layout.rank)] = statistics.measure(x, gram);
  });
  for (const auto& m : all) {  // all ranks know the same
    CHECK(m.distance == all[0].distance);
    CHECK(m.squared_distance == all[0].squared_distance);
    if (rows.size() <= 64 || &m == &all[0])
      CHECK(m.gram == all[0].gram);
    else
      CHECK(m.gram.empty());
    CHECK(m.mean_norm == all[0].mean_norm);
  }
  return all[0];
}

Rows averaged(const Rows& rows, Spread how = {}) {
  return spread(rows, how, [&](Communicator& communicator, ThreadPool& pool, NodeLayout layout, NodeMatrix& x) {
    NodeStatistics(communicator, pool, layout, x.dim()).average(x);
  });
}

// <x_i - x̄, x_j - x̄> by the definition, in long double.
std::vector<double> gram_by_definition(const Rows& rows) {
  const std::size_t n = rows.size(), dim = rows[0].size();
  std::vector<long double> gram(n * n, 0.0L);
  for (std::size_t c = 0; c < dim; ++c) {
    long double mean = 0;
    for (const auto& row : rows) mean += row[c];
    mean /= static_cast<long double>(n);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) gram[i * n + j] += (rows[i][c] - mean) * (rows[j][c] - mean);
  }
  return {gram.begin(), gram.end()};
}

}  // namespace

TEST_CASE("distances, Gram matrix and norm of the mean are the definition's, exactly on integers with an integer mean") {
  const Rows rows{{1, 2, 3}, {5, 2, -1}, {0, 8, 1}, {2, 4, 5}};  // mean 2 4 2

  const auto m = measured(rows, Gram::yes);

  CHECK(m.squared_distance == std::vector<double>{6, 22, 21, 9});
  CHECK(m.distance == std::sqrt(58.0 / 4));
  CHECK(m.mean_norm == std::sqrt(24.0));
  CHECK(m.gram == gram_by_definition(rows));
  CHECK(measured(rows, Gram::no).gram.empty());
}

TEST_CASE("on other numbers they are the definition's up to rounding in double") {
  for (const std::size_t dim : {1, 5, 16, 257, 4099}) {
    INFO(dim);
    const int n = 5;
    const Rows rows = random_rows(n, dim, 1, 1, 3);
    const auto m = measured(rows, Gram::yes);
    const auto expected = gram_by_definition(rows);
    // An entry sums dim products of two deviations. A deviation errs by at most (n + 2) u M with M = max |x| < 10, so a product by
    // 2 (n + 2) u M², and the summation by dim u relative; M² < 100 bounds all: dim (2 (n + 2) + dim) 100 u, u = 2^-53.
    const auto d = static_cast<double>(dim);
    const double bound = d * (2 * (n + 2) + d) * 100 * std::ldexp(1.0, -53);
    for (std::size_t k = 0; k < expected.size(); ++k) CHECK(std::abs(m.gram[k] - expected[k]) <= bound);
    for (std::size_t i = 0; i < n; ++i) {
      CHECK(m.squared_distance[i] == m.gram[i * n + i]);
      for (std::size_t j = 0; j < n; ++j) CHECK(m.gram[i * n + j] == m.gram[j * n + i]);
    }
  }
}

TEST_CASE("equal rows are at distance 0 exactly, and their mean is the row exactly") {
  for (const int n : {1, 2, 3, 7, 33}) {
    const Rows rows(static_cast<std::size_t>(n), random_rows(1, 100, 2)[0]);
    const auto m = measured(rows, Gram::yes);
    CHECK(m.distance == 0);
    CHECK(m.gram == std::vector<double>(static_cast<std::size_t>(n) * static_cast<std::size_t>(n), 0.0));
    CHECK(averaged(rows) == rows);
  }
}

TEST_CASE("averaging leaves every row at the mean") {
  const Rows rows{{1, 2, 3}, {5, 2, -1}, {0, 8, 1}, {2, 4, 5}};
  for (const auto how : kSpreads)
    if (how.ranks <= 4) CHECK(averaged(rows, how) == Rows(4, {2, 4, 2}));
}

TEST_CASE("statistics have the same bits on any number of ranks and threads, with fewer columns than slices and with more ranks than columns") {
  for (const int n : {7, 9, 300})
    for (const std::size_t dim : {1, 3, 17, 1003, 5000}) {
      if (n == 300 && dim > 1003) continue;
      INFO(n << " nodes, dim " << dim);
      const Rows rows = random_rows(n, dim, 3, 1, 0.5);
      const auto alone = measured(rows, Gram::yes);
      const Rows mean = averaged(rows);
      for (const auto how : kSpreads) {
        INFO(how.ranks << " ranks, " << how.threads << " threads");
        const auto m = measured(rows, Gram::yes, how);
        CHECK(m.squared_distance == alone.squared_distance);
        CHECK(m.distance == alone.distance);
        CHECK(m.mean_norm == alone.mean_norm);
        CHECK(m.gram == alone.gram);
        CHECK(averaged(rows, how) == mean);
      }
    }
}

TEST_CASE("more ranks than column slices share the tiles of slices, or are without columns where there are fewer, with the bits of one rank") {
  struct Case {
    int n, ranks;  // slices: 64 of 66 and 130 nodes, 46 of 300, a single one of 2100
    std::size_t dim;
    Gram gram;
  };
  for (const auto& [n, ranks, dim, gram] : {Case{66, 66, 40000, Gram::yes},
                                            {66, 66, 1000, Gram::yes},
                                            {130, 65, 20000, Gram::yes},
                                            {300, 50, 13000, Gram::yes},
                                            {2100, 7, 2, Gram::no},
                                            {2100, 7, 3000, Gram::no},
                                            {40, 40, 500, Gram::yes}}) {
    CAPTURE(n, ranks, dim);
    const Rows rows = random_rows(n, dim, 4);
    const auto alone = measured(rows, gram), spread_out = measured(rows, gram, {ranks, 1});
    CHECK(spread_out.squared_distance == alone.squared_distance);
    CHECK(spread_out.mean_norm == alone.mean_norm);
    CHECK(spread_out.gram == alone.gram);
    CHECK(averaged(rows, {ranks, 1}) == averaged(rows));
  }
}

TEST_CASE("the bytes that a measurement names are what the ranks really sent, with one node per rank, and follow the formula of the README") {
  for (const int n : {1, 2, 5, 16, 66})
    for (const std::size_t dim : {1, 19, 64, 1000, 20000, 100003}) {
      if (n >= 16 && dim > 20000) continue;  // as many threads
      CAPTURE(n, dim);
      std::mutex mutex;
      std::int64_t sent[4] = {}, said[4] = {};
      spread(random_rows(n, dim, 5), {n, 1}, [&](Communicator& c, ThreadPool& pool, NodeLayout layout, NodeMatrix& x) {
        NodeStatistics s(c, pool, layout, dim);
        std::vector<float> mean(dim);
        std::int64_t before = 0, mine[4] = {};
        const auto count = [&](std::int64_t& bytes) { bytes = c.traffic().bytes - before, before += bytes; };
        s.measure(x, Gram::no), count(mine[0]);
        s.measure(x, Gram::yes), count(mine[1]);
        s.mean(x, mean), count(mine[2]);
        s.average(x), count(mine[3]);
        const std::lock_guard lock(mutex);
        for (int k = 0; k < 4; ++k) sent[k] += mine[k];
        if (c.rank() == 0) said[0] = s.measure_bytes(Gram::no), said[1] = s.measure_bytes(Gram::yes), said[2] = said[3] = s.average_bytes();
      });
      for (int k = 0; k < 4; ++k) CHECK(sent[k] == said[k]);
      const std::int64_t d = static_cast<std::int64_t>(dim), slices = std::min<std::int64_t>(64, (d + 15) / 16), pairs = n * (n + 1) / 2;
      if (n <= 64) {
        CHECK(said[0] == (n - 1) * (4 * d + 8 * (n + 1) * slices));
        CHECK(said[1] == (n - 1) * (4 * d + 8 * (n + 1 + pairs) * slices));
      } else if (dim == 20000) {
        // 128 tiles, two for each rank but 0, 16, 33 and 49. Every rank adds up one of the 67 distances and norm, the last rank two.
        CHECK(said[0] == (n - 1) * (4 * d + 8 * (n + 1)) + 8 * (128 * (n + 1) - 128 - 2));
        // Of the 2211 pairs 33 and 34 in turn: tiles times the pairs of other ranks, and to rank 0 what it did not add up.
        CHECK(said[1] - said[0] == 8 * (128 * pairs - 2 * pairs + 2 * 33 + 2 * 34) + 8 * (pairs - 33));
      }
      CHECK(said[2] == (n - 1) * 8 * d);
    }
}

TEST_CASE("a matrix without columns has statistics too") {
  const Rows rows(3, std::vector<float>{});
  CHECK(measured(rows, Gram::yes, {2, 1}).distance == 0);
  CHECK(averaged(rows, {3, 1}) == rows);
}

TEST_CASE("dot is the exact scalar product of integers, of any length") {
  for (std::size_t length = 0; length < 40; ++length) {
    std::vector<float> a(length), b(length);
    double expected = 0;
    for (std::size_t k = 0; k < length; ++k) {
      a[k] = static_cast<float>(k + 1), b[k] = static_cast<float>(3 - static_cast<int>(k));
      expected += a[k] * b[k];
    }
    CHECK(dot(a, b) == expected);
  }
}

TEST_CASE("a local step, measuring and mixing in one pass over memory give the bits of passes of their own") {
  const auto same = [](const ConsensusMoments& a, const ConsensusMoments& b) {
    CHECK(a.squared_distance == b.squared_distance);
    CHECK(a.distance == b.distance);
    CHECK(a.mean_norm == b.mean_norm);
  };
  for (const int n : {2, 7, 70})                           // a ring of up to 64 nodes is mixed in place
    for (const std::size_t dim : {4099, 50'000, 200'000})  // slices of 65 to 3,136 columns: less than a tile, several, several runs of tiles
      for (const int rounds : {1, 3}) {
        const MixingSchedule schedule = fixed(circulant(n, {1, n - 1}, n == 2 ? 0.25 : 1.0 / 3));
        INFO(n << " nodes, dim " << dim << ", " << rounds << " rounds");
        const Rows start = random_rows(n, dim, 5, 1, 2);
        const auto step = [](NodeMatrix& x) -> ColumnWork {
          return [&x](std::size_t begin, std::size_t end, int) {
            for (int k = 0; k < x.count(); ++k)
              for (std::size_t c = begin; c < end; ++c) x.row(k)[c] += 0.25F * static_cast<float>(k) - static_cast<float>(c % 7);
          };
        };
        ConsensusMoments before, after;
        const Rows expected = spread(start, {}, [&](Communicator& communicator, ThreadPool& pool, NodeLayout layout, NodeMatrix& x) {
          NodeStatistics statistics(communicator, pool, layout, dim);
          step(x)(0, dim, 0);
          before = statistics.measure(x);
          Mixer(communicator, pool, layout, dim, schedule).rounds(x, 0, rounds, 0.9);
          after = statistics.measure(x);
        });
        for (const int threads : {1, 3})
          for (const auto& [moves, both] : {std::pair{true, true}, {false, true}, {false, false}}) {
            const Rows found = spread(start, {1, threads}, [&](Communicator& communicator, ThreadPool& pool, NodeLayout layout, NodeMatrix& x) {
              NodeStatistics statistics(communicator, pool, layout, dim);
              REQUIRE(statistics.measures_around(x));
              Mixer mixer(communicator, pool, layout, dim, schedule);
              if (!moves) step(x)(0, dim, 0);
              const auto around = statistics.measure_around(x, moves ? step(x) : ColumnWork{}, both, mixer.by_columns(x, 0, rounds, 0.9));
              if (both) same(around.before, before);
              same(around.after, after);
              CHECK(around.measuring > 0);
              CHECK(around.measuring < 1);
              CHECK((around.moving > 0) == moves);
            });
            CHECK(found == expected);
          }
      }
}

TEST_CASE("a tile that is read once has the bits of one whose rows are read again") {
  for (const int n : {2, 4, 5})
    for (const std::size_t width : {1, 3, 4, 7, 8, 13, 64, 100, 255, 256}) {
      INFO(n << " rows of " << width);
      Rows rows = random_rows(n, 300, 3, 1, 2);
      for (std::size_t c = 0; c < 300; c += 5)
        for (auto& row : rows) row[c] = -0.0F;
      std::vector<const float*> addresses;
      for (const auto& row : rows) addresses.push_back(row.data());
      const Tile tile{addresses, 16, width, 0, 0};
      std::vector<double> means(kTile), expected(static_cast<std::size_t>(n) + 1, 0.5), found = expected;
      tile_mean(tile, means.data());
      tile_distances(tile, means.data(), expected.data());
      expected.back() += tile_norm(means.data(), width);
      tile_moments(tile, means.data(), found.data());
      CHECK(found == expected);
    }
}

TEST_CASE("models on several ranks, and fewer slices than two for each thread, are measured in a pass of their own") {
  for (const auto& [nodes, how, one_pass] :
       {std::tuple{4, Spread{1, 4}, true}, {4, Spread{2, 1}, false}, {1024, Spread{1, 2}, true}, {1024, Spread{1, 3}, false}}) {
    std::atomic<int> found = 0;  // ranks that measure so: they are threads, and Catch2 counts checks of one thread
    spread(random_rows(nodes, 300, 1), how, [&](Communicator& communicator, ThreadPool& pool, NodeLayout layout, NodeMatrix& x) {
      found += NodeStatistics(communicator, pool, layout, x.dim()).measures_around(x);
    });
    CHECK(found == (one_pass ? how.ranks : 0));
  }
}
