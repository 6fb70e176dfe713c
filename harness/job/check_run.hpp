#pragma once

#include "harness/sweep/select.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace xib {

// The job that will do the runs, where it is another than this process: what nobody says is taken from here.
struct JobShape {
  std::optional<int> ranks;           // of every run
  std::optional<int> ranks_per_node;  // machines of the cluster, not nodes of the algorithm; default: all ranks on one
  std::optional<int> at_once;         // runs in all jobs together, whose checkpoints lie on disk at the same time; default: jobs
  std::optional<int> processors;      // of a machine
  std::string memory;                 // of a machine, as in 64G; "": this one's
  bool is_given() const { return ranks || ranks_per_node || at_once || processors || !memory.empty(); }
};

struct CheckedRuns {
  std::string spec, out, data;
  std::vector<std::string> sets;
  Selection selection;
  int ranks = 1, ranks_per_node = 1, threads = 1, jobs = 1;  // jobs: runs side by side on a machine
  JobShape shape;
};

// Everything that can be found wrong with the runs of a selection before any of them runs, in one Error(input): one line each, with file, key and
// remedy. Nothing is written. check_flags: refuses the flags that are no business of this file. Prints what the runs need where all is well.
void check_runs(const CheckedRuns& runs, const std::function<void()>& check_flags);

}  // namespace xib
