#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/gap/finished_run.hpp"
#include "harness/record/kept_file.hpp"

namespace xib {

// One run file or entry of a kept file, as far as the comparison needs it.
struct LoadedRun {
  FinishedRun run;  // without variant and axes
  std::string name, variants, source;
  std::optional<KeptRun> kept;  // what a kept file holds of it, or is to hold
};

struct LoadedRuns {
  std::vector<LoadedRun> runs;                // each run once
  int copies = 0;                             // files of runs that another file gave already: copies and further launches
  bool all_used = true;                       // false: something was named on stderr and left out
  std::map<std::string, std::string> others;  // file -> sweep, of runs of other sweeps than the one asked for
};

// What to do about kept files.
enum class Kept {
  read,
  make,    // read them, and make LoadedRun::kept of every run
  ignore,  // in directories, and refuse those that are named: they have no steps
  named,   // read those that are named, and ignore those in directories
};

// The runs of the given kept files (*.json), and of the run files in and below the given directories and files, in order of their ids; directories are
// searched for kept files named *kept.json, too. A run that is in both counts as it is kept, once its file holds the same science. What is no regular file (a
// pipe, a folder, a socket with a name in *.h5) is named and never opened. Throws Error(input) for a place that
// is not there, for what is no kept file, and for two results of one run with different science. sweep: the name of the only one whose runs count; "": all.
LoadedRuns load_runs(const std::vector<std::string>& places, Kept what = Kept::read, const std::string& sweep = "");

}  // namespace xib
