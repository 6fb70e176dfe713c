#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/job/execute.hpp"
#include "harness/job/progress.hpp"
#include "harness/job/run_files.hpp"
#include "harness/sweep/plan.hpp"

namespace xib {

// One run that this process brings to its end, for claim, prepare, train_to_end and publish.
struct Job {
  const Plan& plan;
  const PlannedRun& planned;
  Communicator& communicator;
  const Execution& execution;
  ProgressLine& progress;
  RunFiles files;
  bool first() const { return communicator.rank() == 0; }
};

}  // namespace xib
