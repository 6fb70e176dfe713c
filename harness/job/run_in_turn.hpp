#pragma once

#include "harness/job/execute.hpp"
#include "harness/job/gpu_ranks.hpp"
#include "harness/job/progress.hpp"
#include "harness/job/tally.hpp"
#include "harness/sweep/plan.hpp"

#include <vector>

namespace xib {

// Collective. Does the runs one after another, in this process or on all its ranks together, and goes on after a failure. A failed run is tried again from its
// checkpoint up to `retries` times, but not after bad input. Runs that other processes do are looked at again at the end. Throws an error that only this rank
// has, because the other ranks cannot go on. execution: settings of every run, except its device.
Tally run_in_turn(const Plan& plan, const std::vector<const PlannedRun*>& runs, const GpuRanks& gpu, const Execution& execution, int retries,
                  ProgressLine& progress);

}  // namespace xib
