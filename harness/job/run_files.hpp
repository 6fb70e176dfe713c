#pragma once

#include <string>

namespace xib {

// Where the files of a run are.
struct RunFiles {
  std::string directory, result, checkpoint, heartbeat, lease;
};
RunFiles run_files(const std::string& out, const std::string& sweep, const std::string& id);

// Whether the result is there and whole, and then how the run ended; what else a process that was killed left is removed. A damaged result is
// none, and whoever holds the lease moves it aside. Throws where the file cannot be read, holds another run or comes from a newer version.
enum class Found { nothing, finished, diverged };
Found find_result(const RunFiles& files, const std::string& id, const class Lease* lease = nullptr);

// Temporary files of processes that were killed.
void remove_unfinished_files(const RunFiles& files);

// What a run needs until its result is there. Also of a process that was killed between the two.
void discard_leftovers(const RunFiles& files);

}  // namespace xib
