#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace xib::scale {

// Longest chain of a communication: latencies that wait for each other, and bytes through the link of the busiest node. messages: that the busiest node sends.
struct Form {
  double latencies = 0, bytes = 0, messages = 0;
  Form& operator+=(const Form& more);
  double seconds(double latency_s, double bandwidth) const { return latencies * latency_s + bytes / bandwidth; }
};

// The closed form of a communication of communications.hpp where every node has a link of its own, both ways at once, and nothing else is shared. The messages
// of an exchange leave together, so their latencies overlap, and the layers' own division of columns says who is busiest. rounds: of "gram" and "loop".
Form closed_form(std::string_view name, int nodes, std::size_t dim, int rounds);

// Seconds that `xibench cost` counts for it, where a node sends its messages one after the other (harness/graph/traffic.hpp); NaN: it does not count this.
double cost_seconds(std::string_view name, int nodes, std::size_t dim, double latency_s, double bandwidth);

// A JSON object: the communication, its closed form, and what was measured if `seconds` is a number.
std::string line(std::string_view name, int nodes, std::size_t dim, int rounds, double seconds, double latency_s, double bandwidth);

}  // namespace xib::scale
