#include "harness/record/columns.hpp"

#include <fmt/format.h>

namespace xib {

std::string Allowed::text() const {
  const auto limit = [](double value) { return value == kLargest ? std::string("inf") : fmt::format("{}", value); };
  return fmt::format("{} to {}{}", limit(least), limit(most), none ? " or NaN" : "");
}

}  // namespace xib
