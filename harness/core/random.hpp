#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace xib {

// Purpose of a stream of random numbers. Streams of different purposes never overlap. The values are part of the science: append new ones, never renumber.
enum class Purpose : std::uint32_t {
  init = 1,
  partition = 2,
  data_order = 3,
  augment = 4,
  topology = 5,
  dropout = 6,
  gradient_noise = 7,
  problem = 8,
  sketch = 9,
  mixing = 10,
  synthetic_data = 11,
  validation = 12,
};

// Counter-based random stream (Philox4x32-10, Salmon et al., SC 2011): a pure function of its key. So any rank can draw the numbers of any node and step, in
// any order, and again after an interruption. A stream has 2^34 numbers of 32 bits. It satisfies UniformRandomBitGenerator, but use the members, because std::
// distributions differ between libraries.
class RandomStream {
 public:
  using result_type = std::uint32_t;
  RandomStream(std::uint64_t seed, Purpose purpose, std::uint32_t node = 0, std::uint32_t epoch = 0, std::uint32_t step = 0);

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return 0xffffffffu; }
  result_type operator()();
  std::uint64_t bits64();
  double uniform();                          // [0, 1), 53 bits
  std::uint64_t below(std::uint64_t bound);  // [0, bound), without bias
  double normal();                           // N(0, 1), Box-Muller
  double gamma(double shape);                // Gamma(shape, 1), Marsaglia and Tsang 2000
  template <class T>
  void shuffle(std::span<T> items) {  // Fisher-Yates
    for (std::size_t k = items.size(); k > 1; --k) std::swap(items[k - 1], items[below(k)]);
  }

 private:
  void refill();
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> block_{};
  int used_ = 4;
  double spare_ = 0;
  bool has_spare_ = false;
};

// One Philox4x32-10 block, for kernels that draw without a stream object.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

}  // namespace xib
