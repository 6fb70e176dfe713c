#include "harness/task/way.hpp"

#include "harness/core/row_of.hpp"

#include <algorithm>
#include <array>

namespace xib {
namespace {

constexpr std::array kWays{
    WayInfo{Way::automatic, "auto", "grouped"},
    WayInfo{Way::grouped, "grouped",
            "one pass for all nodes of a rank: grouped convolutions, batched products; the number of launches does not depend on the number of nodes"},
    WayInfo{Way::graph, "graph", "one pass per node, recorded once as one CUDA graph with parallel branches; the bits do not depend on the number of ranks"},
    WayInfo{Way::nodes, "nodes", "one pass per node, one after another, launched in every step: slow, for comparison; has the bits of graph"},
};

}  // namespace

std::span<const WayInfo> ways() { return kWays; }

Way parse_way(const std::string& flag) { return row_of(kWays, flag, "way", "--way").way; }

std::string_view name_of(Way way) {
  return std::find_if(kWays.begin(), kWays.end(), [&](const WayInfo& info) { return info.way == way; })->name;
}

}  // namespace xib
