#pragma once

#include "harness/record/replace_file.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace xib {

// Content of a checkpoint: named sections of bytes. The file adds a magic, a version, a SHA-256 of each section and one over their list.
using Sections = std::map<std::string, std::vector<std::byte>>;

// Writes `path`[.token].new, fsyncs it, renames an existing `path` to `path`.previous and the new file to `path`, and fsyncs the directory. Throws Error(work)
// with the reason; an existing checkpoint then stays.
void write_checkpoint(const std::string& path, const Sections& sections, const Incarnation& by = {});

struct LoadedCheckpoint {
  bool found = false;
  Sections sections;
  // Why the newest was not used, or "": "checkpoint X is corrupt (section 'x': checksum); used the one before it". If found is false: the faults of all files.
  std::string note;
};

// Failure of a checkpoint, without its name: "is truncated". read_checkpoint() adds the name.
struct UnusableCheckpoint : std::runtime_error {
  UnusableCheckpoint(const std::string& what, bool damaged) : std::runtime_error(what), is_damaged(damaged) {}
  bool is_damaged;  // nobody can use it, this program or another
};

// Reads the newest intact checkpoint of `path` and `path`.previous; found = false if there is none, or if all are damaged. check: throws UnusableCheckpoint if
// something else that a checkpoint needs is not there. Throws Error(work) with the remedy (--no-resume) if none can be used and one is not damaged but of
// another version, not a file, or refused by `check`. Throws Unreadable if one cannot be read but may be whole.
LoadedCheckpoint read_checkpoint(const std::string& path, const std::function<void(const Sections&)>& check = {});
// Moves an unusable `path` to `path`.corrupt, because the next write_checkpoint would rename it over the good previous one. Does nothing if `path` is missing.
void set_aside_unusable(const std::string& path);
void remove_checkpoint(const std::string& path);  // also the previous one, those that were set aside, row logs, and temporary files of killed processes

// A record as bytes and back, for the section "record". Evaluations before first_evaluation are left out: the row log has them.
std::vector<std::byte> encode_record(const struct RunRecord& record, std::size_t first_evaluation = 0);
struct RunRecord decode_record(const std::vector<std::byte>& bytes);

}  // namespace xib
