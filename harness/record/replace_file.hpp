#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace xib {

// Who writes a run's files. Another incarnation of the run may be writing them too: a node was given up for lost, and its old process goes on.
struct Incarnation {
  std::string token;                 // in the names of its temporary files, so that nobody else touches them; "": there is no other
  std::function<void()> still_ours;  // called just before a file is put into place; throws where the run is somebody else's by now
};

// Writes the pieces one after another to `path`[.token]`ending`, fsyncs it, renames it to `path` and fsyncs the directory. Throws
// Error(work) naming `path` and the reason; then the temporary file is gone and what was at `path` before is still there.
// With `keep_previous`, an existing `path` is renamed to that name just before.
void replace_file(const std::string& path, const std::string& ending, const std::vector<std::span<const std::byte>>& pieces, const Incarnation& by = {},
                  const std::string& keep_previous = "");

// As replace_file, for what need not survive a power loss: nothing is fsynced, and nothing waits for a disk.
void replace_file_quickly(const std::string& path, const std::string& ending, const std::vector<std::span<const std::byte>>& pieces,
                          const Incarnation& by = {});

// Removes temporary files of `path` that killed incarnations left: `path`[.token]`ending`.
void remove_temporary_files(const std::string& path, const std::string& ending);

}  // namespace xib
