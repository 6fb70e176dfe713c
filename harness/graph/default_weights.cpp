#include "harness/graph/default_weights.hpp"

#include <algorithm>

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
  const std::string name(topology);
  return default_weights({&name, 1}, [&](const std::string& graph, std::string_view weights) { return fits(graph, weights, nodes, seed); });
}

std::string default_weights(std::span<const std::string> topologies, const std::function<bool(const std::string&, std::string_view)>& fits) {
  const bool metropolis =
      std::any_of(topologies.begin(), topologies.end(), [&](const auto& name) { return !fits(name, "uniform") && fits(name, "metropolis"); });
  return metropolis ? "metropolis" : "uniform";
}

}  // namespace xib
