#pragma once

#include "harness/record/standing.hpp"

#include <optional>
#include <string>

namespace xib {

// Where the files of a run are.
struct RunFiles {
  std::string directory, result, checkpoint, heartbeat, lease;
};
RunFiles run_files(const std::string& out, const std::string& sweep, const std::string& id);

// How the run ended, where its result is there and whole: finished or diverged; a damaged result is none. Reads only. Throws where the file cannot be
// read, holds another run or comes from a newer version.
std::optional<Standing> settled(const RunFiles& files, const std::string& id);

// The same, and discards the leftovers of a run that has ended: its process may have been killed between result and cleaning.
std::optional<Standing> clean_if_settled(const RunFiles& files, const std::string& id);

// Renames a damaged result, if one is there, so that the run can be done again: only for who holds the lease. Says so.
void set_aside_damaged_result(const RunFiles& files, const std::string& id);

// Temporary files of processes that were killed.
void remove_unfinished_files(const RunFiles& files);

// Files that a run needs until its result is there, also those of a process that was killed between the two.
void discard_leftovers(const RunFiles& files);

}  // namespace xib
