#pragma once

#include "harness/job/execute.hpp"
#include "harness/job/gpu_ranks.hpp"
#include "harness/job/progress.hpp"
#include "harness/job/tally.hpp"
#include "harness/sweep/plan.hpp"

#include <vector>

namespace xib {

// Collective. This process, or all ranks together, does the runs one after another, and goes on after a failure. A run that failed is tried again up to
// `retries` times, from its checkpoint; never after bad input. Those that other processes do are looked at again in the end. Throws what only this rank knows:
// the others cannot go on. execution: that of every run, but for its device.
Tally run_in_turn(const Plan& plan, const std::vector<const PlannedRun*>& runs, const GpuRanks& gpu, const Execution& execution, int retries,
                  ProgressLine& progress);

}  // namespace xib
