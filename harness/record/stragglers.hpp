#pragma once

#include <vector>

#include "harness/record/rows.hpp"

namespace xib {

// Sets flag_straggler on the steps that took more than twice the median of comparable steps, without record_s: those of the same attempt, phase and
// communication with as many gossip rounds, five at least, neither in the warm-up nor with an evaluation or a checkpoint. Clears it on all others.
void mark_stragglers(std::vector<StepRow>& steps);

}  // namespace xib
