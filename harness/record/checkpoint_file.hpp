#pragma once

#include "harness/record/replace_file.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace xib {

// The container of checkpoints: named sections of bytes, magic, version, a SHA-256 per section and one over the whole.
using Sections = std::map<std::string, std::vector<std::byte>>;

// Writes `path`[.token].new, fsyncs it, renames the existing `path` to `path`.previous and the new one to `path`, fsyncs the directory.
// Throws Error(work) with the reason; an existing checkpoint stays.
void write_checkpoint(const std::string& path, const Sections& sections, const Incarnation& by = {});

struct LoadedCheckpoint {
  bool found = false;
  Sections sections;
  // "" or why the newest was not used: "checkpoint X is corrupt (section 'x': checksum); used the one before it". Where none is found: what is wrong with all
  // there are.
  std::string note;
};
// The newest intact checkpoint among `path` and `path`.previous; found = false when there is none, or none but damaged ones. Throws Error(work) when one of
// another version, or what is no file, is all that could be used, naming it and the remedy (--no-resume); Unreadable where one may be whole.
LoadedCheckpoint read_checkpoint(const std::string& path);
// Moves `path`, which was not used, to `path`.corrupt: the next write_checkpoint would rename it over the good one before it. Nothing where it is not there.
void set_aside_unusable(const std::string& path);
void remove_checkpoint(const std::string& path);  // and the one before, the one set aside, and temporary files of killed incarnations

// Rows as bytes and back, for the section "record".
std::vector<std::byte> encode_record(const struct RunRecord& record);
struct RunRecord decode_record(const std::vector<std::byte>& bytes);

}  // namespace xib
