#pragma once

#include "harness/core/check.hpp"

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xib {

// Kind of object that a path names, with links followed. look_at() opens nothing, waits for nothing and never throws.
struct Place {
  enum class Kind {
    absent,  // nothing, or a link to nothing
    file,    // a regular file; only these are read
    folder,
    special,  // a pipe, a socket or a device: opening it may wait for ever
    closed    // not known: a folder on the path may not be entered, or the disk or file server does not answer
  };
  Kind kind = Kind::absent;
  int error = 0;  // errno, of absent and closed

  std::string reason() const;                           // why it cannot be read as a file, such as "it is a folder"; "" for a file
  std::string remedy(std::string_view expected) const;  // `expected`, such as "name a sweep file", unless permissions or a disk are the cause
};
Place look_at(const std::string& path);

// Error for a file that exists but cannot be read now: permissions, a folder that may not be entered, a disk or file server that does not answer. Its content
// is not known, so it does not count as damaged. Exit status 2.
class Unreadable : public Error {
 public:
  explicit Unreadable(const std::string& message) : Error(Fault::input, message) {}
};

// True if anything is at `path`. Throws Unreadable if that cannot be known, because an object that cannot be seen is not absent.
bool is_there(const std::string& path);

// Functions that read. They throw Error(input) "cannot read PATH: REASON; REMEDY", which is Unreadable if permissions or a disk are the cause. `expected` is
// the remedy if the path names something else than a file (or folder). Only regular files are opened, so nothing waits for the other end of a pipe.
using OpenFile = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
OpenFile open_file(const std::string& path, std::string_view expected);
std::string read_file(const std::string& path, std::string_view expected);
std::optional<std::string> read_file_if_there(const std::string& path, std::string_view expected);  // nullopt: nothing is at the path
std::vector<std::string> names_in(const std::string& folder, std::string_view expected);            // names in a folder, ascending

// True if another program holds a lock on the file, as HDF5 does while it may be writing it.
bool is_locked(const std::string& path);

// Throws Unreadable "cannot read PATH: ERROR; REMEDY" for an errno of an open file.
[[noreturn]] void refuse_unreadable(const std::string& path, int error);

}  // namespace xib
