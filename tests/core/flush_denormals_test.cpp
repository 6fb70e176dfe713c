#include "harness/core/flush_denormals.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <thread>

namespace {

// Products that are denormal by their result and by their operand. The volatile operands keep the compiler from computing them.
float denormal_result() {
  volatile float least = std::numeric_limits<float>::min();
  return least * 0.5f;
}
float of_denormal_operand() {
  volatile float denormal = std::numeric_limits<float>::denorm_min(), large = 0x1p120f;
  return denormal * large;
}

}  // namespace

TEST_CASE("a thread that flushes denormals takes them for zero as operands and as results, other threads do not") {
  float result = -1, operand = -1;
  std::thread([&] {
    xib::flush_denormals();
    result = denormal_result();
    operand = of_denormal_operand();
  }).join();
  CHECK(result == 0);
  CHECK(operand == 0);

  CHECK(denormal_result() == 0x1p-127f);
  CHECK(of_denormal_operand() == 0x1p-29f);  // 2^-149 * 2^120
}
