#pragma once

#include "harness/core/nan.hpp"

#include <set>
#include <string>
#include <vector>

namespace xib {

// Accounting of one start of a job: a requeued job has several, killed ones included.
struct JobCost {
  std::string job, state;       // 17 or 17_3 (array task); COMPLETED, REQUEUED, PREEMPTED, OUT_OF_MEMORY, ...
  double core_seconds = kNaN;   // CPUTimeRAW: allocated processors x time
  double energy_joules = kNaN;  // ConsumedEnergyRaw of its nodes; unknown where Slurm gathers none, which it writes as 0 or leaves empty
};

// Lines of `sacct --duplicates --noheader --parsable2 --format=JobID,State,CPUTimeRAW,ConsumedEnergyRaw`. A job's energy is that of its own line, else the
// largest of its steps: steps side by side count the same nodes.
std::vector<JobCost> parse_accounting(const std::string& lines);

struct Accounting {
  std::vector<JobCost> jobs;
  std::string problem;  // why nothing is known, in one line; "": sacct answered
};
Accounting ask_accounting(const std::set<std::string>& jobs);

}  // namespace xib
