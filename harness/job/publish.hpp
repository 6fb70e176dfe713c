#pragma once

#include "harness/job/cost_meter.hpp"
#include "harness/job/job.hpp"
#include "harness/job/prepare.hpp"
#include "harness/job/run_reporter.hpp"
#include "harness/record/replace_file.hpp"
#include "harness/record/standing.hpp"

namespace xib {

// Collective. Completes the record of a run that has come to its end, makes the run file of it, and discards what the run needs no longer.
void publish(const Job& job, Prepared& ready, Standing standing, const RunReporter& reporter, const Incarnation& incarnation);

}  // namespace xib
