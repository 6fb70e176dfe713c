#pragma once

#include <vector>

namespace xib {

// P values of several comparisons, adjusted by Holm's step-down procedure (Scand. J. Statist. 6, 1979), in the given order. The k-th smallest of m is
// multiplied by m - k + 1, then raised to at least the one before it, and limited to 1. NaN stays NaN and does not count.
std::vector<double> holm(const std::vector<double>& p);

}  // namespace xib
