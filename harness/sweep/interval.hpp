#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace xib {

// Interval between evaluations: "2 epochs", "1 epoch", "50 steps", or "phase-ends".
struct Interval {
  enum class Unit { epochs, steps, phase_ends } unit = Unit::epochs;
  std::int64_t count = 1;  // 0 with phase_ends
  bool operator==(const Interval&) const = default;
};
Interval parse_interval(std::string_view text);  // throws Error(input)
std::string text(const Interval& interval);      // canonical: "1 epoch", "2 epochs"

}  // namespace xib
