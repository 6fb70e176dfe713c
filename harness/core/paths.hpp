#pragma once

#include "harness/core/check.hpp"

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xib {

// Kind of thing that a path names, links followed. The look opens nothing, waits for nothing and never throws.
struct Place {
  enum class Kind {
    absent,  // nothing, or a link to nothing
    file,    // a regular file: the only one that is read
    folder,
    special,  // a pipe, a socket or a device: to open one may wait for ever
    closed    // not known: a folder on the way may not be entered, or the disk or file server does not answer
  };
  Kind kind = Kind::absent;
  int error = 0;  // errno, of absent and closed

  std::string reason() const;                           // why it is no file that can be read, as "it is a folder"; "" for a file
  std::string remedy(std::string_view expected) const;  // `expected`, as "name a sweep file", unless rights or a disk are at fault
};
Place look_at(const std::string& path);

// What is there, but cannot be read as things are: rights, a folder that may not be entered, a disk or a file server that does not answer. Its
// content is not known, so it is not damaged. Exit status 2.
class Unreadable : public Error {
 public:
  explicit Unreadable(const std::string& message) : Error(Fault::input, message) {}
};

// Whether anything is at `path`. Throws Unreadable where that cannot be known: what cannot be seen is not absent.
bool is_there(const std::string& path);

// All of these throw Error(input) "cannot read PATH: REASON; REMEDY", which is Unreadable where rights or a disk are at fault. `expected` is the
// remedy where something else than a file (or folder) is there. Only regular files are opened: nothing waits for the other end of a pipe.
using OpenFile = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
OpenFile open_file(const std::string& path, std::string_view expected);
std::string read_file(const std::string& path, std::string_view expected);
std::optional<std::string> read_file_if_there(const std::string& path, std::string_view expected);  // nullopt: nothing is there
std::vector<std::string> names_in(const std::string& folder, std::string_view expected);            // of what a folder holds, ascending

// Whether another program holds a lock on the file, as HDF5 does on what it may be writing.
bool is_locked(const std::string& path);

// "cannot read PATH: ERROR; REMEDY" for an errno of a file that is open.
[[noreturn]] void refuse_unreadable(const std::string& path, int error);

}  // namespace xib
