#include "harness/train/schedule.hpp"

#include "harness/core/check.hpp"

#include <catch2/catch.hpp>

using namespace xib;
using Catch::Contains;

TEST_CASE("steps divides the rate by 10 from the first step of each of its epochs") {
  const LearningRate lr("steps(2, 4)", 0.5, 0, 0, 6);
  CHECK(lr.at(0) == 0.5);
  CHECK(lr.at(1.9999) == 0.5);
  CHECK(lr.at(2) == 0.05);
  CHECK(lr.at(4) == 0.05 / 10);
  CHECK(lr.drops() == std::vector<std::int64_t>{2, 4});
  CHECK(lr.peak() == 0.5);
}

TEST_CASE("warm-up rises in a straight line and meets the schedule") {
  const LearningRate lr("constant", 0.75, 4, 0.25, 10);
  CHECK(lr.at(0) == 0.25);
  CHECK(lr.at(2) == 0.5);
  CHECK(lr.at(4) == 0.75);
  CHECK(lr.at(9.5) == 0.75);
}

TEST_CASE("cosine falls from the peak after the warm-up to 0 at the end") {
  const LearningRate lr("cosine", 1, 2, 0, 10);
  CHECK(lr.at(1) == 0.5);
  CHECK(lr.at(2) == 1);
  CHECK(lr.at(6) == Approx(0.5).epsilon(1e-15));  // cos(π/2) of a rounded π is 6e-17
  CHECK(lr.at(10) == 0);
  double before = 1;
  for (double epoch = 2.25; epoch <= 10; epoch += 0.25) {
    CHECK(lr.at(epoch) < before);
    before = lr.at(epoch);
  }
}

TEST_CASE("a schedule that does not exist or drops outside of the run are refused") {
  const auto make = [](std::string_view text) { LearningRate(text, 0.1, 0, 0, 10); };
  CHECK_THROWS_WITH(make("linear"), Contains("known: constant, steps(e1, e2, ...), cosine"));
  CHECK_THROWS_WITH(make("steps"), Contains("steps(150, 225)"));
  for (const char* text : {"steps(10)", "steps(0)", "steps(4, 4)", "steps(5, 3)", "steps(2.5)"}) CHECK_THROWS_WITH(make(text), Contains("between 1 and 9"));
  CHECK_THROWS_WITH(make("cosine(3)"), Contains("does not take"));
}
