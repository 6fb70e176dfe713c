#pragma once

#include "harness/job/progress.hpp"
#include "harness/job/spawn_run.hpp"
#include "harness/job/tally.hpp"
#include "harness/sweep/plan.hpp"

#include <string>
#include <vector>

namespace xib {

struct SideBySideOptions {
  std::string out;                         // results directory
  int jobs = 1, threads = 1;               // processes at a time; node threads of each
  int retries = 0;                         // how often a run is started again after its process failed or was killed
  std::vector<int> gpus;                   // a run on a GPU gets the GPU with the fewest running runs
  std::vector<DriversOption> drivers_own;  // options of this process that are not passed on
  std::vector<std::string> sets = {};      // key=value, which the runs' processes get besides those of this one
  ProgressStyle style = ProgressStyle::none;
};

// Runs `jobs` processes of this program at a time, one per run that is not complete, stage after stage. Goes on after a failure, and passes stop signals on.
Tally run_side_by_side(const Plan& plan, const std::vector<const PlannedRun*>& runs, const SideBySideOptions& options);

}  // namespace xib
