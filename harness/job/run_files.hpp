#pragma once

#include "harness/record/standing.hpp"

#include <optional>
#include <string>

namespace xib {

// Paths of the files of a run.
struct RunFiles {
  std::string directory, result, checkpoint, heartbeat, lease;
};
RunFiles run_files(const std::string& out, const std::string& sweep, const std::string& id);

// finished or diverged if the result of the run exists and is whole; nullopt if it is missing or damaged. Only reads. Throws if the file cannot be read, holds
// another run, or comes from a newer version.
std::optional<Standing> settled(const RunFiles& files, const std::string& id);

// The same, and then removes leftovers of a run that has ended: its process may have been killed after it wrote the result and before it cleaned up.
std::optional<Standing> clean_if_settled(const RunFiles& files, const std::string& id);

// Renames a damaged result, if there is one, so that the run can be done again, and prints that. Only the holder of the lease may call it.
void set_aside_damaged_result(const RunFiles& files, const std::string& id);

// Removes temporary files of killed processes.
void remove_unfinished_files(const RunFiles& files);

// Removes the files that a run needs only until its result exists: heartbeat, checkpoints, temporary files.
void discard_leftovers(const RunFiles& files);

}  // namespace xib
