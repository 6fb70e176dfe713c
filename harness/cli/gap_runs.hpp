#pragma once

#include <string>
#include <vector>

#include "harness/gap/gap_table.hpp"
#include "harness/record/kept_file.hpp"
#include "harness/sweep/plan.hpp"

namespace xib {

// Which finished runs a table is made from.
struct RunPlaces {
  std::vector<std::string> places;  // run files, kept files, or directories with them
  std::string sweep;                // only the runs of this sweep file; "": what the runs say of their sweep
  std::vector<std::string> sets;    // overrides, as they were given to run
  std::string keep;                 // kept file, whose runs stay in it and are in the table; "": none
  bool with_steps = false;          // the table needs every step: kept files have none, and are refused, or ignored in directories
};

// The finished runs of one sweep, each under each of its names.
struct SweepRuns {
  Sweep sweep;
  std::vector<FinishedRun> runs;
  std::vector<ExpectedRun> expected;  // of the plan of RunPlaces::sweep; empty without
  KeptRuns kept;                      // what RunPlaces::keep is to hold; empty without
  std::vector<int> seeds_added;       // as in GapTable
  int copies = 0;                     // as in LoadedRuns
  bool all_used = true;
};

// Throws Error(input) where there is no run, and where files belong to several sweeps or to two versions of one.
SweepRuns runs_of_sweep(const RunPlaces& from);

}  // namespace xib
