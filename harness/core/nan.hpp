#pragma once

#include <limits>

namespace xib {

// Number that is not known, was not measured or does not exist.
inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

}  // namespace xib
