#pragma once

#include <span>
#include <string>
#include <string_view>

namespace xib {

// How a rank computes the gradients of its nodes' networks on a device (--way). No part of the configuration: the same numbers but for the order of
// sums, as with another card. On CPU every node's gradient is computed by one thread, and there is no choice.
enum class Way { automatic, grouped, nodes, graph };

struct WayInfo {
  Way way;
  std::string_view name, help;
};
std::span<const WayInfo> ways();  // the one table

Way parse_way(const std::string& flag);  // throws Error(input)
std::string_view name_of(Way way);

}  // namespace xib
