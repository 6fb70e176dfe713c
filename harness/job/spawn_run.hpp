#pragma once

#include "harness/sweep/plan.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

namespace xib {

// An option that a driver does not pass on to its processes: it selects runs, starts others or is the driver's own business.
struct DriversOption {
  std::string name;  // "--jobs"
  bool takes_value = true;
};

// The words of a command line without these options and their values, in whatever form they were given.
std::vector<std::string> without_options(const std::vector<std::string>& words, const std::vector<DriversOption>& options);

struct Spawned {
  int threads = 1;
  bool again = false;  // it goes on from what an earlier attempt has done
  int gpu = -1;        // its number; negative: it wants none
};
// Starts a process that does this one run, with the options of this process otherwise. It says nothing of its progress: the driver does.
pid_t spawn_run(const PlannedRun& run, const Spawned& how, const std::vector<DriversOption>& drivers_own);

}  // namespace xib
