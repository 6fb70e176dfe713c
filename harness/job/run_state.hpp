#pragma once

#include <optional>
#include <string>

#include "harness/record/heartbeat.hpp"

namespace xib {

struct RunState {
  Standing standing = Standing::missing;
  std::string detail;   // why it failed, where it runs, since when it is silent
  bool silent = false;  // running, says the heartbeat, but it is old
};

// What is known of a run. `complete`: its run file is there, which decides whatever the heartbeat says. A heartbeat that says "running"
// is believed unless its process is gone; a process on another host cannot be asked, so its silence is only reported.
RunState state_of(bool complete, const std::optional<Heartbeat>& heartbeat, const std::string& this_host, double now_unix);

}  // namespace xib
