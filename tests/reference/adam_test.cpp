#include "reference/adam.hpp"

#include <catch2/catch.hpp>

using namespace xib::reference;

// By hand, with β1 = 1/2, β2 = 3/4, ε = 1:
//   t = 1, g = 2:   m = 1,     m̂ = 1 / (1/2) = 2;       v = 4/4 = 1,           v̂ = 1 / (1/4) = 4;        d = 2 / (2 + 1) = 2/3
//   t = 2, g = -2:  m = -1/2,  m̂ = -1/2 / (3/4) = -2/3; v = 3/4 + 1 = 7/4,     v̂ = 7/4 / (7/16) = 4;     d = -2/3 / 3 = -2/9
TEST_CASE("Adam's first two directions are those worked by hand") {
  const Adam adam{.beta1 = 0.5, .beta2 = 0.75, .epsilon = 1};
  Moments moments;
  CHECK(adam_direction(adam, 1, {2}, {8}, moments)[0] == Approx(2.0 / 3).epsilon(1e-15));
  CHECK((moments.first[0] == 1 && moments.second[0] == 1));
  CHECK(adam_direction(adam, 2, {-2}, {8}, moments)[0] == Approx(-2.0 / 9).epsilon(1e-15));
  CHECK((moments.first[0] == -0.5 && moments.second[0] == 1.75));
}

TEST_CASE("weight decay is beside the gradient where it is decoupled, else in it") {
  Moments a, b;
  // x = 8, λ = 1/4: beside, 2/3 + 2; in it, g = 2 + 2 = 4 gives m̂ = 4, v̂ = 16, d = 4/5.
  CHECK(adam_direction({.beta1 = 0.5, .beta2 = 0.75, .epsilon = 1, .weight_decay = 0.25}, 1, {2}, {8}, a)[0] == Approx(2.0 / 3 + 2).epsilon(1e-15));
  CHECK(adam_direction({.beta1 = 0.5, .beta2 = 0.75, .epsilon = 1, .weight_decay = 0.25, .decoupled = false}, 1, {2}, {8}, b)[0] == Approx(0.8).epsilon(1e-15));
}
