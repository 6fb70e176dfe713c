#pragma once

#include "harness/sweep/plan.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

namespace xib {

// Option that a driver does not pass on to its processes, because it selects runs, starts processes, or concerns only the driver.
struct DriversOption {
  std::string name;  // "--jobs"
  bool takes_value = true;
};

// Words of a command line without these options and their values, in every form in which they can be given.
std::vector<std::string> without_options(const std::vector<std::string>& words, const std::vector<DriversOption>& options);

struct Spawned {
  int threads = 1;
  bool again = false;                  // true: it continues an earlier attempt
  int gpu = -1;                        // number of its GPU; negative: none
  std::vector<std::string> sets = {};  // key=value, besides those of this process
};
// Starts a process that does this one run, with the other options of this process. The process prints no progress: the driver does.
pid_t spawn_run(const PlannedRun& run, const Spawned& how, const std::vector<DriversOption>& drivers_own);

}  // namespace xib
