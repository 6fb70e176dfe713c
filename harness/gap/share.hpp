#pragma once

#include <span>
#include <string>

#include "harness/core/nan.hpp"
#include "harness/gap/paired.hpp"

namespace xib {

// Share of a gap that an arm closes: (arm - against) / (baseline - against), of the means over seeds. 1: all of it; 0: nothing; below 0: it widens the gap.
struct Share {
  int pairs = 0;  // seeds that all three arms have
  double estimate = kNaN;
  ConfidenceInterval interval;  // Fieller's, of kConfidence, at all planned looks together; NaN if it has no bound
  std::string why;              // why there is no interval; "": there is one
};

// Compares three arms of equal length whose k-th values share a seed. Fieller (J. R. Stat. Soc. B 16, 1954), paired: with a = arm - against and
// g = baseline - against by seed, the mean of a - ρ g is 0 at the true share ρ, so the interval is { ρ: the t test of that mean does not reject 0 }. It has no
// bound if g itself cannot be distinguished from 0. Throws Error(input) for arms of different length.
Share share_of_gap(std::span<const double> arm, std::span<const double> against, std::span<const double> baseline, const Looks& looks = Looks());

}  // namespace xib
