#pragma once

#include "harness/core/nan.hpp"

#include <set>
#include <string>
#include <vector>

namespace xib {

// Accounting of one start of a job. A requeued job has several starts, killed ones included.
struct JobCost {
  std::string job, state;       // 17 or 17_3 (array task); COMPLETED, REQUEUED, PREEMPTED, OUT_OF_MEMORY, ...
  double core_seconds = kNaN;   // CPUTimeRAW: allocated processors x time
  double energy_joules = kNaN;  // ConsumedEnergyRaw of its nodes; NaN if Slurm measures none, which it writes as 0 or as nothing
};

// Parses lines of `sacct --duplicates --noheader --parsable2 --format=JobID,State,CPUTimeRAW,ConsumedEnergyRaw`. The energy of a job is that of its own line,
// else the largest of its steps, because steps side by side count the same nodes.
std::vector<JobCost> parse_accounting(const std::string& lines);

struct Accounting {
  std::vector<JobCost> jobs;
  std::string problem;  // why there is no accounting, in one line; "": sacct answered
};
Accounting ask_accounting(const std::set<std::string>& jobs);

}  // namespace xib
