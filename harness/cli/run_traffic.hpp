#pragma once

#include <vector>

#include "harness/gap/traffic.hpp"
#include "harness/record/rows.hpp"

namespace xib {

// What a step sends to mix, and before that for its policy to decide; what is measured for the record alone is not in it.
struct StepTraffic {
  RunTraffic mixing, decision;
};

// One for each step, from the matrices of the file; matrices that were drawn anew in each round are drawn again. NaN where neither can be had, and where
// a file does not say what was sent to decide.
std::vector<StepTraffic> traffic_by_step(const RunRecord& record, AllReduce how = AllReduce::ring);

RunTraffic traffic_of(const RunRecord& record);  // all of it, mixing and decisions

}  // namespace xib
