#pragma once

#include "harness/job/outcome.hpp"

#include <optional>

namespace xib {

// Messages between a driver (`run --jobs`) and the processes that it starts, one per run. An environment variable names the driver. The exit status tells how
// the run ended, in more detail than the 0, 1, 2 and 75 for other callers.

void become_driver();  // for all processes that this one starts from now on

// True if a driver started this process. From then on this process gets SIGTERM when the driver dies for any reason, and its run ends with a checkpoint. Call
// it once, after install_stop_signals().
bool follow_driver();

int status_for_driver(Outcome outcome);
std::optional<Outcome> outcome_from_exit_status(int exit_status);  // nullopt: the run failed, or its process ended without an outcome

}  // namespace xib
