#pragma once

#include "harness/core/check.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "harness/sweep/names.hpp"
#include "harness/sweep/run_config.hpp"

namespace xib {

// Gives all spellings of a run the same configuration: phases are written out, topology and policy have one entry per phase, in_phase and otherwise are
// expanded into the policies and reset, statistic is reset if no policy refers to another run, min_rounds and method if none holds a target. Files that a
// topology is read from get a checksum. Returns the problems; if there are any, the configuration is unusable.
std::vector<Problem> resolve(RunConfig& config, const Vocabulary& vocabulary);

bool needs_reference(std::string_view policy, const Vocabulary& vocabulary);
bool needs_reference(const RunConfig& config, const Vocabulary& vocabulary);  // in any phase

}  // namespace xib
