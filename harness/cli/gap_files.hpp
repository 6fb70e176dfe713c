#pragma once

#include <string>
#include <vector>

#include "harness/gap/finished_run.hpp"

namespace xib {

// One run file, as far as the comparison needs it.
struct LoadedRun {
  FinishedRun run;  // without variant and axes
  std::string name, variants, source;
};

struct LoadedRuns {
  std::vector<LoadedRun> runs;  // each run once
  int copies = 0;               // files of runs that another file gave already: copies and further launches
  bool all_used = true;         // false: something was named on stderr and left out
};

// The run files in and below the given directories and files, in order of path. What is no regular file (a pipe, a folder, a socket with a name in
// *.h5) is named and never opened. Throws Error(input) for a place that is not there, and for two files of one run with different science.
LoadedRuns load_runs(const std::vector<std::string>& places);

}  // namespace xib
