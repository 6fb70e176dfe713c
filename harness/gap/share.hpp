#pragma once

#include <span>
#include <string>

#include "harness/core/nan.hpp"
#include "harness/gap/paired.hpp"

namespace xib {

// The share of a gap that an arm closes: (arm - against) / (baseline - against), of the means over seeds. 1: all of it, 0: nothing, below 0: it widens it.
struct Share {
  int pairs = 0;  // seeds that all three arms have
  double estimate = kNaN;
  Interval interval;  // Fieller's, of kConfidence; NaN where it is not bounded
  std::string why;    // there is no interval; "" where there is one
};

// Three arms of equal length whose k-th values share a seed. Fieller (J. R. Stat. Soc. B 16, 1954), paired: with a = arm - against and
// g = baseline - against by seed, the mean of a - ρ g is 0 at the true share ρ, so the interval is { ρ: t test of that mean does not refuse 0 }.
// Not bounded where g itself is not told apart from 0. Throws Error(input) for arms of different length.
Share share_of_gap(std::span<const double> arm, std::span<const double> against, std::span<const double> baseline);

}  // namespace xib
