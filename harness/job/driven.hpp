#pragma once

#include "harness/job/outcome.hpp"

#include <optional>

namespace xib {

// Messages between a driver (`run --jobs`) and the processes that it starts, one per run: a variable of the environment names the
// driver, and the exit status tells how the run ended in more words than the 0, 1, 2 and 75 that other callers get.

void become_driver();  // of all processes that this one starts from now on

// Whether a driver started this process. From then on the driver's death, of whatever kind, is a SIGTERM to this process: call it once,
// after install_stop_signals(), and the run ends with a checkpoint.
bool follow_driver();

int status_for_driver(Outcome outcome);
std::optional<Outcome> outcome_from_exit_status(int exit_status);  // nullopt: it failed, or ended before it could tell

}  // namespace xib
