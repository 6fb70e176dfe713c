#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace xib {

// The rule of the weights where nobody names one: "uniform" where W then keeps the mean, else "metropolis" where that does (undirected graphs whose
// degrees differ, such as path and star). Where neither does it is "uniform", whose refusal says what to use; push-sum is only used when asked for.
// Throws nothing: what is wrong with the topology itself is said by make_mixing().
std::string default_weights(std::string_view topology, int nodes, std::uint64_t seed);

// One rule for several graphs: "metropolis" where any of them needs it. fits: whether a graph takes a rule.
std::string default_weights(std::span<const std::string> topologies, const std::function<bool(const std::string& topology, std::string_view weights)>& fits);

}  // namespace xib
