#pragma once

#include <vector>

namespace xib {

// Several comparisons at once: p values adjusted by Holm's step-down procedure (Scand. J. Statist. 6, 1979), in the order given. The k-th
// smallest of m is multiplied by m - k + 1, and none is smaller than one before it or larger than 1. NaN stays NaN and does not count.
std::vector<double> holm(const std::vector<double>& p);

}  // namespace xib
