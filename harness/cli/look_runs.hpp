#pragma once

#include <string>
#include <vector>

#include "harness/cli/next_look.hpp"
#include "harness/cli/sweep_plans.hpp"

namespace xib {

// The results of a sweep that is sought to be decided, and the looks that it planned, by its file, by its results, or by default.
struct Results {
  Sweep sweep;                    // as the file has it
  std::vector<LoadedRun> loaded;  // of its folder and of kept files: a run counts by its id, whatever sweep it was made for
  std::vector<int> looks;
};
// Throws Error(input) where the sweep asks for no verdict, or where results were made for other looks.
Results results_of(const Sought& sought);

// What a look at n seeds adds to the overrides of the sweep, and the plan with them.
std::vector<std::string> sets_at(const Results& results, int n);
Plan plan_at(const Sought& sought, const Results& results, int n);

struct ArmInCell {
  Axes cell;
  std::string variant;
};
// Ids of the runs of these arms (nullptr: of all), and of those that they refer to, in the order of the plan.
std::vector<std::string> runs_of(const Plan& plan, const std::vector<ArmInCell>* arms);

}  // namespace xib
