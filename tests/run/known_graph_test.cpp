#include "harness/run/known_graph.hpp"

#include <catch2/catch.hpp>

#include <cmath>

#include "harness/graph/mixing_matrix.hpp"
#include "harness/graph/spectrum.hpp"

using namespace xib;

TEST_CASE("a graph is made once for all seeds, a random one once for each") {
  CHECK(&known_graph("ring", "uniform", 8, 1) == &known_graph("ring", "uniform", 8, 2));
  CHECK(&known_graph("random-regular(3)", "uniform", 8, 1) == &known_graph("random-regular(3)", "uniform", 8, 1));
  CHECK(&known_graph("random-regular(3)", "uniform", 8, 1) != &known_graph("random-regular(3)", "uniform", 8, 2));
  CHECK(&known_graph("ring", "uniform", 8, 1) != &known_graph("ring", "lazy", 8, 1));
  CHECK(&known_graph("ring", "uniform", 8, 1) != &known_graph("ring", "uniform", 9, 1));
}

TEST_CASE("what is remembered of a graph is what its schedule says") {
  CHECK(known_graph("star", "uniform", 8, 1).refusal.find("columns that do not sum to 1") != std::string::npos);
  CHECK(known_graph("star", "metropolis", 8, 1).refusal.empty());
  CHECK_FALSE(known_graph("star", "push-sum", 8, 1).keeps_mean);
  CHECK(known_graph("ring", "uniform", 8, 1).keeps_mean);
  CHECK(known_graph("ring", "uniform", 8, 1).one_symmetric);
  CHECK_FALSE(known_graph("exponential", "uniform", 8, 1).one_symmetric);
  CHECK(known_graph("one-peer-exponential", "uniform", 8, 1).period == 3);
  CHECK(known_graph("random-matching", "uniform", 8, 1).period == 0);
  CHECK(known_lambda_min("ring", "uniform", 8, 1) == spectrum(make_mixing("ring", "uniform", 8, 1)).lambda_min);
  CHECK(std::isnan(known_lambda_min("random-regular(4)", "uniform", 5000, 1)));  // above kDenseNodes
}
