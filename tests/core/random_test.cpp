#include "harness/core/random.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <set>
#include <vector>

using namespace xib;

namespace {

constexpr int kDraws = 100'000;

// |sample mean - mean| stays below 5 standard errors but with probability 6e-7; the seeds are fixed, so a pass stays a pass.
void check_mean(const std::function<double()>& draw, double mean, double variance) {
  double sum = 0;
  for (int k = 0; k < kDraws; ++k) sum += draw();
  CHECK(std::abs(sum / kDraws - mean) < 5 * std::sqrt(variance / kDraws));
}

}  // namespace

TEST_CASE("Philox4x32-10 gives the known answers of Random123") {
  using Block = std::array<std::uint32_t, 4>;
  CHECK(philox({0, 0, 0, 0}, {0, 0}) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  constexpr std::uint32_t ones = 0xffffffff;
  CHECK(philox({ones, ones, ones, ones}, {ones, ones}) == Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) == Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a stream is a function of its whole key") {
  const auto first = [](RandomStream stream) { return stream.bits64(); };
  const std::uint64_t same = first({7, Purpose::init, 1, 2, 3});
  CHECK(first({7, Purpose::init, 1, 2, 3}) == same);
  const std::set<std::uint64_t> all{same,
                                    first({8, Purpose::init, 1, 2, 3}),
                                    first({7, Purpose::partition, 1, 2, 3}),
                                    first({7, Purpose::init, 0, 2, 3}),
                                    first({7, Purpose::init, 1, 0, 3}),
                                    first({7, Purpose::init, 1, 2, 0})};
  CHECK(all.size() == 6);
}

TEST_CASE("uniform numbers lie in [0, 1) and have the uniform moments") {
  RandomStream a(1, Purpose::init), b(2, Purpose::init);
  double largest = 0, smallest = 1;
  check_mean(
      [&] {
        const double u = a.uniform();
        largest = std::max(largest, u), smallest = std::min(smallest, u);
        return u;
      },
      0.5, 1.0 / 12);
  CHECK(smallest >= 0);
  CHECK(largest < 1);
  check_mean(
      [&] {
        const double u = b.uniform();
        return u * u;
      },
      1.0 / 3, 4.0 / 45);  // Var u² = 1/5 - 1/9
}

TEST_CASE("normal numbers have the normal moments") {
  RandomStream stream(3, Purpose::gradient_noise);
  const auto power = [&](int k) { return [&stream, k] { return std::pow(stream.normal(), k); }; };
  check_mean(power(1), 0, 1);
  check_mean(power(2), 1, 2);   // E z^4 - 1
  check_mean(power(3), 0, 15);  // E z^6
  check_mean(power(4), 3, 96);  // E z^8 - 9
}

TEST_CASE("gamma numbers have mean and variance equal to the shape, below and above 1") {
  for (const double shape : {0.1, 0.5, 1.0, 4.5}) {
    RandomStream stream(4, Purpose::partition);
    check_mean([&] { return stream.gamma(shape); }, shape, shape);
    // Fourth central moment of Gamma(a, 1): 3a² + 6a; so Var (g - a)² = 2a² + 6a.
    check_mean(
        [&] {
          const double d = stream.gamma(shape) - shape;
          return d * d;
        },
        shape, 2 * shape * shape + 6 * shape);
  }
}

TEST_CASE("below(b) takes every value below b equally often") {
  RandomStream stream(5, Purpose::data_order);
  std::vector<double> counts(7, 0);
  for (int k = 0; k < kDraws; ++k) ++counts[stream.below(7)];
  for (const double count : counts) CHECK(std::abs(count - kDraws / 7.0) < 5 * std::sqrt(kDraws * (1.0 / 7) * (6.0 / 7)));
  CHECK(stream.below(1) == 0);
}

TEST_CASE("a shuffle is a permutation, and each item comes first equally often") {
  RandomStream stream(6, Purpose::data_order);
  std::vector<double> first(5, 0);
  for (int k = 0; k < kDraws / 10; ++k) {
    std::vector<int> items(5);
    std::iota(items.begin(), items.end(), 0);
    stream.shuffle(std::span(items));
    ++first[static_cast<std::size_t>(items[0])];
    std::sort(items.begin(), items.end());
    if (items != std::vector<int>{0, 1, 2, 3, 4}) FAIL("not a permutation");
  }
  for (const double count : first) CHECK(std::abs(count - kDraws / 50.0) < 5 * std::sqrt(kDraws / 10.0 * 0.2 * 0.8));
}
