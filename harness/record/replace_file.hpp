#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace xib {

// Process that writes a run's files. Another process may write them too: a node was considered lost, but its old process goes on.
struct Incarnation {
  std::string token;                 // part of the names of its temporary files, so that no other process touches them; "": there is no other
  std::function<void()> still_ours;  // called just before a file is put into place; throws if another process owns the run now
};

// Writes the pieces one after another to `path`[.token]`ending`, fsyncs it, renames it to `path` and fsyncs the directory. Throws Error(work), which names
// `path` and the reason; then the temporary file is removed and the old `path` is still there. With `keep_previous`, an existing `path` is renamed to that name
// just before.
void replace_file(const std::string& path, const std::string& ending, const std::vector<std::span<const std::byte>>& pieces, const Incarnation& by = {},
                  const std::string& keep_previous = "");

// As replace_file, for a file that is not in memory: `write` fills it. False: errno says why it could not be written.
void replace_file_by(const std::string& path, const std::string& ending, const std::function<bool(int fd, const std::string& temporary)>& write,
                     const Incarnation& by = {});

// As replace_file, for files that need not survive a power loss: it does not fsync and does not wait for a disk.
void replace_file_quickly(const std::string& path, const std::string& ending, const std::vector<std::span<const std::byte>>& pieces,
                          const Incarnation& by = {});

// Removes temporary files of `path` that killed processes left: `path`[.token]`ending`.
void remove_temporary_files(const std::string& path, const std::string& ending);

}  // namespace xib
