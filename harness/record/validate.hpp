#pragma once

#include <string>
#include <vector>

namespace xib {

struct Validation {
  std::size_t compared = 0;           // values and attributes whose checksum was compared
  std::vector<std::string> problems;  // empty: the file keeps every promise of the format
  std::vector<std::string> odd;       // what earlier versions did otherwise, and hinders nobody
};

// Reads all of a run file and checks what the format promises: checksums (Fletcher32 and the manifest), units and descriptions,
// lengths, which numbers must be finite, ranges, rows of W that sum to 1, steps without gaps, and a summary that follows from the
// rows. Throws Error(input) when the file cannot be read at all.
Validation validate_run_file(const std::string& path);

}  // namespace xib
