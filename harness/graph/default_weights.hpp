#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace xib {

// Rule of the weights if none is named: "uniform" if W then keeps the mean, else "metropolis" if that does (undirected graphs whose degrees differ, such as
// path and star). If neither does, it is "uniform", whose refusal names the remedy; push-sum must be named. It does not throw: make_mixing() reports problems
// of the topology itself.
std::string default_weights(std::string_view topology, int nodes, std::uint64_t seed);

// One rule for several graphs: "metropolis" if any of them needs it. fits: true if a graph takes a rule.
std::string default_weights(std::span<const std::string> topologies, const std::function<bool(const std::string& topology, std::string_view weights)>& fits);

}  // namespace xib
