#pragma once

#include <optional>
#include <string>

#include "harness/record/heartbeat.hpp"

namespace xib {

struct RunState {
  Standing standing = Standing::missing;
  std::string detail;   // why it failed, where it runs, or since when it is silent
  bool silent = false;  // the heartbeat says running, but it is old
};

// State of a run. complete: its run file exists; this decides, whatever the heartbeat says. A heartbeat that says "running" is believed unless its process is
// gone. A process on another host cannot be looked up, so its silence is only reported.
RunState state_of(bool complete, const std::optional<Heartbeat>& heartbeat, const std::string& this_host, double now_unix);

}  // namespace xib
