#pragma once

#include "harness/gap/cost_table.hpp"
#include "harness/record/rows.hpp"

namespace xib {

// What a run file says of the costs of its run, with the scores by `metric`, which the run has. Seconds of computing are core-seconds of a node's step, of
// data, gradients and update: the median over steps without warm-up, evaluation and checkpoint; on devices the seconds of one device. A run that diverged
// keeps no evaluation: it reaches nothing.
RunCost run_cost(const RunRecord& record, const Metric& metric, AllReduce how);

}  // namespace xib
