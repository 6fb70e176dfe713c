#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace xib {

// How a run stands: the one vocabulary of heartbeats, run files, `status`, `costs`, and the drivers.
enum class Standing : int {
  missing,      // nothing is known of it
  running,      // a process works on it
  interrupted,  // stopped, with a checkpoint
  killed,       // its process is gone and said nothing of its end
  failed,       // its process said why
  finished,     // its result is there
  diverged,     // likewise: that it diverged is its result
  elsewhere,    // seen by a process that wanted to do it: another one does
};

// Its name in files; nullopt: no standing has that name.
std::string_view name_of(Standing standing);
std::optional<Standing> standing_named(std::string_view name);

// In a word for people and for `status --json`: both ends with a result are "complete", and who was killed is "interrupted".
std::string_view status_word(Standing standing);

// How an attempt ended, as its row in the run file tells it. signal: the one that interrupted it here; 0: another rank got one.
std::string attempt_end(Standing standing, int signal = 0);

inline bool has_result(Standing standing) { return standing == Standing::finished || standing == Standing::diverged; }

}  // namespace xib
