#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace xib {

// State of a run: the one vocabulary of heartbeats, run files, `status`, `costs` and the drivers.
enum class Standing : int {
  missing,      // nothing is known of it: no heartbeat and no result
  running,      // a process works on it
  interrupted,  // stopped, with a checkpoint
  killed,       // its process is gone and reported no end
  failed,       // its process reported why
  finished,     // its result exists
  diverged,     // its result exists: the run diverged
  elsewhere,    // another process works on it; only a process that wanted to do the run uses this state
};

// Names of standings in files; nullopt: no standing has that name.
std::string_view name_of(Standing standing);
std::optional<Standing> standing_named(std::string_view name);

// Word for people and for `status --json`: finished and diverged are "complete", killed is "interrupted", elsewhere is "running".
std::string_view status_word(Standing standing);

// End of an attempt, as its row in the run file has it. signal: the one that interrupted this rank; 0: another rank got one.
std::string attempt_end(Standing standing, int signal = 0);

inline bool has_result(Standing standing) { return standing == Standing::finished || standing == Standing::diverged; }

}  // namespace xib
