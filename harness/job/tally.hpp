#pragma once

#include "harness/job/outcome.hpp"
#include "harness/sweep/plan.hpp"

#include <cstddef>
#include <string>

namespace xib {

// How a list of runs ended.
struct Tally {
  int finished = 0, complete_before = 0, diverged = 0, interrupted = 0, elsewhere = 0;
  int failed = 0, refused = 0;  // refused: those of the failed for which bad input is to blame
  Outcome last;                 // that was added
  void add(Outcome outcome);
  void add_failure(bool bad_input);
};

// Prints the summary (on rank 0) and gives the exit status: 0 all there, 1 some failed, diverged or are left to another
// process, 2 some failed and bad input is to blame for each, 75 interrupted.
int report(const Tally& tally, std::size_t runs, bool print);

std::string label(const PlannedRun& run);  // variant, what varies, seed: for people

// One line on stderr: a run that just failed is tried again, for the `retry`-th time of so many.
void say_retry(const PlannedRun& run, int retry, int retries);

}  // namespace xib
