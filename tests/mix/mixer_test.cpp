#include "harness/mix/mixer.hpp"

#include "harness/core/check.hpp"
#include "harness/core/flush_denormals.hpp"
#include "tests/mix/worlds.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstring>
#include <thread>

using namespace xib;
using namespace xib::test;

namespace {

Rows mixed(const Rows& rows, const MixingSchedule& schedule, std::int64_t first, int count, Spread how = {}, double strength = 1) {
  return spread(rows, how, [&](Communicator& communicator, ThreadPool& pool, NodeLayout layout, NodeMatrix& x) {
    const MixingSchedule own = schedule;  // a random one is not for several threads
    Mixer mixer(communicator, pool, layout, x.dim(), own);
    mixer.rounds(x, first, count, strength);
  });
}

// X <- (1 - γ) X + γ W X by the definition, in double.
std::vector<std::vector<double>> by_definition(const Rows& rows, const MixingSchedule& schedule, std::int64_t first, int count, double strength = 1) {
  std::vector<std::vector<double>> x;
  for (const auto& row : rows) x.emplace_back(row.begin(), row.end());
  for (int q = 0; q < count; ++q) {
    const auto before = x;
    for (std::size_t i = 0; i < x.size(); ++i)
      for (std::size_t c = 0; c < x[i].size(); ++c) {
        double sum = 0;
        for (const auto& [j, w] : schedule.at(first + q).row(static_cast<int>(i))) sum += w * before[static_cast<std::size_t>(j)][c];
        x[i][c] = (1 - strength) * before[i][c] + strength * sum;
      }
  }
  return x;
}

// The same in float, with γ = 0.7 and the sums of the mixer.
Rows plain_loop(Rows x, const MixingSchedule& schedule, int rounds) {
  for (int q = 0; q < rounds; ++q) {
    const Rows before = x;
    for (std::size_t i = 0; i < x.size(); ++i)
      for (std::size_t c = 0; c < x[i].size(); ++c) {
        float sum = 0;
        for (const auto& [j, w] : schedule.at(q).row(static_cast<int>(i)))
          if (static_cast<std::size_t>(j) != i) sum += static_cast<float>(w) * 0.7f * (before[static_cast<std::size_t>(j)][c] - before[i][c]);
        x[i][c] = before[i][c] + sum;
      }
  }
  return x;
}

void check_same_bits(const Rows& got, const Rows& expected) {
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(std::memcmp(got[i].data(), expected[i].data(), expected[i].size() * sizeof(float)) == 0);
}

double largest_difference(const Rows& a, const std::vector<std::vector<double>>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t c = 0; c < a[i].size(); ++c) largest = std::max(largest, std::abs(a[i][c] - b[i][c]));
  return largest;
}

std::vector<std::pair<std::string, MixingSchedule>> schedules(int n) {
  std::vector<std::pair<std::string, MixingSchedule>> all;
  all.emplace_back("ring, weights 1/4", fixed(circulant(n, {1, -1}, 0.25)));
  all.emplace_back("one-way ring", fixed(circulant(n, {1}, 0.5)));
  all.emplace_back("random directed", fixed(random_directed(n, 3)));
  all.emplace_back("alternating", alternating(n));
  all.emplace_back("random in every round", random_schedule(n, 5));
  return all;
}

}  // namespace

TEST_CASE("with dyadic weights and small integers mixing is exactly W X, also weakened by a half") {
  // 6-bit integers, 3 rounds with weights that are multiples of 1/4 and γ = 1/2 (1/8 per round): at most 6 + 9 + 3 bits.
  for (const auto& [name, schedule] : schedules(7))
    for (const auto [ranks, threads] : kSpreads)
      for (const double strength : {1.0, 0.5}) {
        INFO(name << ", " << ranks << " ranks, " << threads << " threads, strength " << strength);
        const Rows rows = integer_rows(7, 37, 1);
        CHECK(largest_difference(mixed(rows, schedule, 1, 3, {ranks, threads}, strength), by_definition(rows, schedule, 1, 3, strength)) == 0);
      }
}

TEST_CASE("mixing has the same bits on any number of ranks and threads, also where ranks outnumber some blocks") {
  for (const auto& [name, schedule] : schedules(9)) {
    const Rows rows = random_rows(9, 1003, 2);  // not a multiple of 16, several blocks, the last one short
    const Rows alone = mixed(rows, schedule, 0, 5);
    for (const auto [ranks, threads] : kSpreads) {
      INFO(name << ", " << ranks << " ranks, " << threads << " threads");
      CHECK(mixed(rows, schedule, 0, 5, {ranks, threads}) == alone);
    }
    CHECK(alone != rows);
  }
}

TEST_CASE("q rounds in cache have the bits of q single rounds, over several tiles") {
  for (const auto& [name, schedule] : schedules(6)) {
    INFO(name);
    const Rows rows = random_rows(6, 3 * 4096 + 77, 3);
    Rows single = rows;
    for (int q = 0; q < 6; ++q) single = mixed(single, schedule, 2 + q, 1);
    CHECK(mixed(rows, schedule, 2, 6, {1, 2}) == single);
  }
}

TEST_CASE("the bits are those of the plain loop in float, whatever the number of columns and neighbors") {
  for (const std::size_t dim : {1, 15, 16, 31, 64, 100, 128, 255, 256, 257, 300, 1003})
    for (const auto& offsets : {std::vector<int>{1}, {1, -1}, {1, 2, -1}, {1, 2, 3, 4, 5, 6, 7, 8}})
      for (const int rounds : {1, 2, 3}) {
        CAPTURE(dim, offsets.size(), rounds);
        const auto schedule = fixed(circulant(9, offsets, 0.11));
        Rows rows = random_rows(9, dim, 11);
        rows[1][0] = -0.0f, rows[2][0] = 0.0f, rows[3][0] = -0.0f;
        const Rows expected = plain_loop(rows, schedule, rounds);
        for (const Spread how : {Spread{1, 1}, {1, 3}, {4, 1}}) {
          const Rows got = mixed(rows, schedule, 0, rounds, how, 0.7);
          check_same_bits(got, expected);
        }
      }
}

TEST_CASE("a ring has the bits of the plain loop, signs of zeros too, whatever its size, weights and number of rounds") {
  for (const int n : {2, 3, 4, 5, 16, 64, 65})
    for (const bool symmetric : {true, false})
      for (const int rounds : {1, 2, 5}) {
        CAPTURE(n, symmetric, rounds);
        std::vector<std::vector<Weight>> w(static_cast<std::size_t>(n));
        for (int i = 0; i < n; ++i) w[static_cast<std::size_t>(i)] = {{i, 0}};
        for (int i = 0; i < (n > 2 ? n : 1); ++i) {  // edges, one of which may have another weight in the other direction
          const double weight = 0.1 + 0.01 * i / n;
          w[static_cast<std::size_t>(i)].push_back({(i + 1) % n, weight});
          w[static_cast<std::size_t>((i + 1) % n)].push_back({i, symmetric || i != n / 2 ? weight : 0.3});
        }
        for (auto& row : w) {
          for (std::size_t k = 1; k < row.size(); ++k) row[0].value -= row[k].value;
          row[0].value += 1;
          std::ranges::sort(row, {}, &Weight::node);
        }
        const auto schedule = fixed(MixingMatrix(w));
        Rows rows = random_rows(n, 700, 12);
        for (std::size_t i = 0; i < rows.size(); ++i)
          for (std::size_t c = 0; c < 32; ++c) rows[i][c] = (i + c) % 3 == 0 ? -0.0f : i % 5 < 3 ? 0.0f : 1.0f;
        const Rows expected = plain_loop(rows, schedule, rounds);
        for (const Spread how : {Spread{1, 1}, {2, 1}}) {
          const Rows got = mixed(rows, schedule, 0, rounds, how, 0.7);
          check_same_bits(got, expected);
        }
      }
}

TEST_CASE("rounds on a ring and on other graphs in one call have the bits of the plain loop, denormals flushed as in a run") {
  std::vector<MixingMatrix> period;
  for (const auto& offsets : {std::vector<int>{1, -1}, {1}, {1, -1}, {1, 2}}) period.push_back(circulant(7, offsets, 0.11));
  const MixingSchedule schedule(std::move(period));
  const auto compare = [&](const Rows& rows) {
    for (int rounds = 1; rounds <= 6; ++rounds) {
      const Rows expected = plain_loop(rows, schedule, rounds), got = mixed(rows, schedule, 0, rounds, {1, 1}, 0.7);
      CAPTURE(rounds);
      check_same_bits(got, expected);
    }
  };
  Rows rows = random_rows(7, 700, 13);
  compare(rows);
  std::thread([&] {
    flush_denormals();
    for (auto& row : rows)
      for (float& value : row) value *= 1e-38f;
    compare(rows);
  }).join();
}

TEST_CASE("no round changes nothing") {
  const Rows rows = random_rows(4, 10, 4);
  CHECK(mixed(rows, fixed(circulant(4, {1, -1}, 1.0 / 3)), 0, 0) == rows);
}

TEST_CASE("consensus is a fixed point to the last bit, whatever the weights") {
  const std::vector<float> row = random_rows(1, 50, 5)[0];
  const Rows rows(5, row);
  for (const auto& schedule : {fixed(circulant(5, {1, -1}, 1.0 / 3)), fixed(circulant(5, {1, 2}, 0.3)), random_schedule(5, 9)})
    CHECK(mixed(rows, schedule, 0, 100) == rows);
}

TEST_CASE("mixing differs from W X by rounding alone, and keeps the mean") {
  // One round adds to x_i at most d terms w (x_j - x_i) in float. With |x| <= m and u = 2^-24 each term errs by at most u|w| (rounding of the
  // weight), u (difference) and u (product), each relative to |w| 2m; the sum of d <= 3 terms adds 2 roundings, the last addition one:
  // below (3 * 2 + 2 * 2 + 1) u m = 11 u m per entry, as Σ|w| <= 1. W is an average, so errors of earlier rounds do not grow: q times that.
  // The mean of n entries errs by at most as much.
  const int q = 40;
  for (const double weight : {1.0 / 3, 0.3}) {
    const auto schedule = fixed(circulant(8, {1, -1}, weight));
    const Rows rows = random_rows(8, 100, 6);
    float m = 0;
    for (const auto& row : rows)
      for (const float value : row) m = std::max(m, std::abs(value));
    const double bound = q * 11 * std::ldexp(1.0, -24) * static_cast<double>(m);

    const Rows after = mixed(rows, schedule, 0, q);

    CHECK(largest_difference(after, by_definition(rows, schedule, 0, q)) <= bound);
    for (std::size_t c = 0; c < 100; ++c) {
      double mean_before = 0, mean_after = 0;
      for (std::size_t i = 0; i < 8; ++i) mean_before += rows[i][c] / 8.0, mean_after += after[i][c] / 8.0;
      CHECK(std::abs(mean_after - mean_before) <= bound);
    }
  }
}

TEST_CASE("bytes() is what the ranks really sent, with one node per rank") {
  const int n = 7;
  const std::size_t dim = 21;
  for (const auto& [name, schedule] : schedules(n)) {
    INFO(name);
    std::vector<std::int64_t> sent(static_cast<std::size_t>(n)), messages(sent), said(sent);
    spread(random_rows(n, dim, 7), {n, 1}, [&](Communicator& communicator, ThreadPool& pool, NodeLayout layout, NodeMatrix& x) {
      const MixingSchedule own = schedule;
      Mixer mixer(communicator, pool, layout, dim, own);
      const auto r = static_cast<std::size_t>(communicator.rank());
      mixer.rounds(x, 4, 3);
      sent[r] = communicator.traffic().bytes;
      messages[r] = communicator.traffic().messages;
      for (int q = 0; q < 3; ++q) said[r] += mixer.bytes(4 + q);
    });
    std::int64_t bytes = 0, count = 0, expected = 0;
    for (std::size_t r = 0; r < sent.size(); ++r) bytes += sent[r], count += messages[r];
    for (int q = 0; q < 3; ++q) expected += schedule.at(4 + q).messages();
    CHECK(count == expected);
    CHECK(bytes == expected * static_cast<std::int64_t>(dim) * 4);
    CHECK(said == std::vector<std::int64_t>(said.size(), bytes));
  }
}

TEST_CASE("one node alone mixes with nobody") {
  const Rows rows = random_rows(1, 5, 8);
  CHECK(mixed(rows, fixed(MixingMatrix({{{0, 1.0}}})), 0, 3) == rows);
}

TEST_CASE("a matrix of another size or one whose rows do not average is refused") {
  const Rows rows = random_rows(3, 5, 9);
  CHECK_THROWS_WITH(mixed(rows, fixed(circulant(4, {1}, 0.5)), 0, 1), Catch::Contains("4 nodes and the run has 3"));
  const MixingMatrix push({{{0, 0.5}}, {{0, 0.5}, {1, 0.5}}, {{1, 0.5}, {2, 1.0}}}, MixingMatrix::Stochastic::columns);
  CHECK_THROWS_WITH(mixed(rows, fixed(push), 0, 1), Catch::Contains("push-sum"));
}
