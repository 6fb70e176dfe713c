#pragma once

#include "harness/job/cost_meter.hpp"
#include "harness/job/job.hpp"
#include "harness/job/prepare.hpp"
#include "harness/job/run_reporter.hpp"
#include "harness/record/replace_file.hpp"
#include "harness/record/standing.hpp"

namespace xib {

// Collective. Completes the record of a run that has ended, writes the run file, and removes the files that the run no longer needs.
void publish(const Job& job, Prepared& ready, Standing standing, const RunReporter& reporter, const Incarnation& incarnation);

}  // namespace xib
