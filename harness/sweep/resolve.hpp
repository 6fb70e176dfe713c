#pragma once

#include "harness/core/check.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "harness/sweep/names.hpp"
#include "harness/sweep/run_config.hpp"

namespace xib {

// Makes two spellings of one run the same configuration: phases written out, topology and policy as one entry per phase,
// in_phase / otherwise expanded into the policies and reset, statistic reset where no policy refers to another run, min_rounds where none holds
// a target. The content of files that a topology is read from enters as a checksum.
// Returns what is impossible; the configuration is of no use then.
std::vector<Problem> resolve(RunConfig& config, const Vocabulary& vocabulary);

bool needs_reference(std::string_view policy, const Vocabulary& vocabulary);
bool needs_reference(const RunConfig& config, const Vocabulary& vocabulary);  // in any phase

}  // namespace xib
