#pragma once

#include <map>
#include <string>
#include <vector>

#include "harness/cli/gap_files.hpp"
#include "harness/gap/finished_run.hpp"
#include "harness/gap/gap_table.hpp"
#include "harness/sweep/cells.hpp"
#include "harness/sweep/names.hpp"

namespace xib {

// What decides which runs of a plan are the same. Names, files and checks do not count here: the runs are done.
Vocabulary structure();

// The plans that runs were part of, each made once, from the text of its sweep file.
class Plans {
 public:
  struct Recorded {
    Sweep sweep;
    Cells cells;
  };
  const Recorded& of(const LoadedRun& loaded);

 private:
  Vocabulary structure_ = structure();
  std::map<std::string, Recorded> plans_;
};

// A run that no plan of its sweep has, as another program may have written it, states the axes in its own configuration.
Axes stated(const std::string& config_json, const Sweep& sweep);

// The sweep of which all runs speak: the same name, margin, baseline and variants, or Error(input).
Sweep common_sweep(const std::vector<LoadedRun>& loaded, Plans& plans);

// The looks that the runs say were planned, which nobody changes afterwards: Error(input) where two runs say different ones, or where `given` does, unless it
// is empty.
std::vector<int> common_looks(const std::vector<LoadedRun>& loaded, Plans& plans, const std::vector<int>& given, const std::string& given_by);

// Numbers of seeds that the sweep was given one after another: those of lists that begin another one, and of the longest. Empty: there was one list, or lists
// that have nothing to do with each other, as where machines share the seeds.
std::vector<int> seeds_added(const std::vector<LoadedRun>& loaded, Plans& plans);

// Every run under each of its names. planned_runs: those that the plan has; the others are named on stderr. Error(input) if it has none.
std::vector<FinishedRun> recorded_runs(const std::vector<LoadedRun>& loaded, Plans& plans);
std::vector<FinishedRun> planned_runs(const std::vector<LoadedRun>& loaded, const Plan& plan);
// Those whose ids the plan has, under each name that the plan gives them: what run takes for done.
std::vector<FinishedRun> runs_by_id(const std::vector<LoadedRun>& loaded, const Plan& plan);
std::vector<ExpectedRun> expected_of(const Plan& plan);

}  // namespace xib
