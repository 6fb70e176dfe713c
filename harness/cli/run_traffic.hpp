#pragma once

#include "harness/gap/traffic.hpp"
#include "harness/record/rows.hpp"

namespace xib {

// The messages of a run, from the matrices in its file; matrices that were drawn anew in each round are drawn again. NaN where neither can be had.
Traffic traffic_of(const RunRecord& record);

}  // namespace xib
