#include "reference/centralized.hpp"

#include <catch2/catch.hpp>
#include <cmath>

using namespace xib::reference;

namespace {
Problem three() {  // node i: gradient (i + 1) x
  return {.nodes = 3,
          .initial = {16},
          .gradient = [](int node, std::int64_t, const Vector& x) { return Vector{(node + 1) * x[0]}; },
          .loss = [](int node, std::int64_t, const Vector& x) { return (node + 1) * x[0] * x[0] / 2; }};
}
}  // namespace

TEST_CASE("centralized SGD steps with the mean of the gradients") {
  const Trace t = centralized(three(), 2, {}, [](std::int64_t) { return 0.25; });

  REQUIRE(t.size() == 2);
  CHECK(t[0].loss == 256);  // the mean of 128, 256, 384
  CHECK(t[0].after == Matrix(3, Vector{8}));
  CHECK(t[1].after == Matrix(3, Vector{4}));
  CHECK(t[1].distance_after == 0);
}

TEST_CASE("one velocity takes the mean gradients") {
  const Trace t = centralized(three(), 2, {.momentum = 0.5}, [](std::int64_t) { return 0.25; });

  CHECK(t[1].after[2] == Vector{8 - (16 + 16) / 4.0});  // v = 32, then 16 + 16
}

TEST_CASE("a problem without a loss has none in its trace") {
  Problem p = three();
  p.loss = {};

  CHECK(std::isnan(centralized(p, 1, {}, [](std::int64_t) { return 1.0; })[0].loss));
}
