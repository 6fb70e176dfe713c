#pragma once

#include "harness/sweep/select.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace xib {

// Shape of the job that will do the runs, if it is not this process. Members without a value are taken from this process and machine.
struct JobShape {
  std::optional<int> ranks;           // of every run
  std::optional<int> ranks_per_node;  // per machine of the cluster (not per node of the algorithm); default: all ranks on one machine
  std::optional<int> at_once;         // runs in all jobs at the same time: their checkpoints are on disk together; default: jobs
  std::optional<int> processors;      // of a machine
  std::string memory;                 // of a machine, as in 64G; "": this one's
  bool is_given() const { return ranks || ranks_per_node || at_once || processors || !memory.empty(); }
};

struct CheckedRuns {
  std::string spec, out, data;
  std::vector<std::string> sets, kept;  // kept: files with results of earlier runs
  Selection selection;
  int ranks = 1, ranks_per_node = 1, threads = 1, jobs = 1;  // jobs: runs side by side on a machine
  JobShape shape;
};

// Checks the runs of a selection before any of them starts. Throws one Error(input) with all problems, one line each, with file, key and remedy; without
// problems it prints what the runs need. Writes no file. check_flags: checks of the caller's own flags, whose problems are added.
void check_runs(const CheckedRuns& runs, const std::function<void()>& check_flags);

}  // namespace xib
