#pragma once

#include "harness/job/outcome.hpp"
#include "harness/sweep/plan.hpp"

#include <cstddef>
#include <string>

namespace xib {

// Numbers of runs of a list by how they ended.
struct Tally {
  int finished = 0, complete_before = 0, diverged = 0, interrupted = 0, elsewhere = 0;
  int failed = 0, refused = 0;  // refused: failed runs whose cause is bad input; they count as failed, too
  Outcome last;                 // the last that was added
  std::size_t asked = 0;        // for so many runs
  void add(Outcome outcome);
  void add(const Tally& more);  // of further runs
  void add_failure(bool bad_input);
};

// Prints the summary if `print`, and returns the exit status: 0 all runs are complete, 1 some failed, diverged or are left to another process, 2 some failed,
// all because of bad input, 75 interrupted.
int report(const Tally& tally, std::size_t runs, bool print);

std::string label(const PlannedRun& run);  // for people: variant, varied values, seed

// Prints a line on stderr: a run that just failed is tried again, for the `retry`-th time of `retries`.
void say_retry(const PlannedRun& run, int retry, int retries);

}  // namespace xib
