#pragma once

#include <string>
#include <vector>

namespace xib {

struct Validation {
  std::size_t compared = 0;           // values and attributes whose checksum was compared
  std::vector<std::string> problems;  // empty: the file keeps every promise of the format
  std::vector<std::string> odd;       // harmless differences that earlier versions wrote
};

// Reads a whole run file and checks the promises of the format: checksums (Fletcher32 and the manifest), units and descriptions, lengths, ranges, finite
// numbers, rows (for push-sum columns) of W that sum to 1, steps without gaps, and a summary that follows from the rows. Throws Error(input) if the file cannot
// be read at all.
Validation validate_run_file(const std::string& path);

}  // namespace xib
