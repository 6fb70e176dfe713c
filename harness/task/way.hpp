#pragma once

#include <span>
#include <string>
#include <string_view>

namespace xib {

// Ways in which a rank computes the gradients of its networks on a device (--way). They are not part of the configuration, because they change only the order
// of sums, as another card does. On CPU there is no choice: one thread computes each node's gradient.
enum class Way { automatic, grouped, nodes, graph };

struct WayInfo {
  Way way;
  std::string_view name, help;
};
std::span<const WayInfo> ways();  // the one table

Way parse_way(const std::string& flag);  // throws Error(input)
std::string_view name_of(Way way);

}  // namespace xib
