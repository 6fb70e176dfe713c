#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/job/outcome.hpp"
#include "harness/job/progress.hpp"
#include "harness/job/run_files.hpp"
#include "harness/record/kept_file.hpp"
#include "harness/run/run.hpp"
#include "harness/sweep/plan.hpp"

#include <string>

namespace xib {

struct Execution {
  std::string out;  // results directory; a run goes to out/<sweep name>/<id>.h5
  Machine machine;
  std::string gpu;                 // Accelerator::description(); "" on CPU
  const KeptRuns* kept = nullptr;  // results without run files: fraction() may refer to their Ξ
  std::string command_line;
  bool resume = true;
  double checkpoint_seconds = 300;
  double stall_seconds = 600;  // time without progress after which the run ends with a report; 0: never
};

// Collective. Brings one planned run to its end, from the last checkpoint if there is one. Throws Error; if error.on_all_ranks(), the caller may go on with the
// next run.
Outcome execute(const Plan& plan, const PlannedRun& planned, Communicator& communicator, const Execution& execution, ProgressLine& progress);

}  // namespace xib
