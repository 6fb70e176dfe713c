#pragma once

#include <vector>

#include "harness/record/rows.hpp"

namespace xib {

// Sets flag_straggler on steps that took more than twice the median of comparable steps, without record_s, and clears it on all others. Comparable are at least
// five steps of the same attempt, phase, communication and number of gossip rounds, without warm-up, evaluation or checkpoint.
void mark_stragglers(std::vector<StepRow>& steps);

}  // namespace xib
