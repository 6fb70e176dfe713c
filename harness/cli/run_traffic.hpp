#pragma once

#include <string_view>
#include <vector>

#include "harness/graph/traffic.hpp"
#include "harness/record/run_file.hpp"

namespace xib {

// What a step sends to mix, and before that for its policy to decide; what is measured for the record alone is not in it.
struct StepTraffic {
  RunTraffic mixing, decision;
};

// The columns of the steps that the functions here read.
inline constexpr std::string_view kTrafficColumns[] = {
    "phase", "communication", "gossip_rounds", "bytes_sent", "decision_bytes_sent", "decision_by_gram", "decision_measurements"};

// One for each step, from the matrices of the file; matrices that were drawn anew in each round are drawn again. NaN where neither can be had, and where
// a file does not say what was sent to decide.
std::vector<StepTraffic> traffic_by_step(const RunRecord& record, AllReduce how = AllReduce::ring);

StepTraffic traffic_of(const RunRecord& record);  // of all steps

// The decisions of a run whose steps are not at hand: policies that ask for something do so in every step of their phases. NaN where the run diverged after
// such a step, as nobody knows in which, and where control.method is set, as the steps differ.
RunTraffic decisions_of(const RunHeader& header);

}  // namespace xib
