#include "harness/graph/default_weights.hpp"

#include "harness/core/check.hpp"
#include "harness/graph/mixing_matrix.hpp"

namespace xib {
namespace {

bool fits(std::string_view topology, std::string_view weights, int nodes, std::uint64_t seed) try {
  make_mixing(topology, weights, nodes, seed);
  return true;
} catch (const Error&) {
  return false;
}

}  // namespace

std::string default_weights(std::string_view topology, int nodes, std::uint64_t seed) {
  const bool metropolis = !fits(topology, "uniform", nodes, seed) && fits(topology, "metropolis", nodes, seed);
  return metropolis ? "metropolis" : "uniform";
}

}  // namespace xib
