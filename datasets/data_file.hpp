#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace xib {

struct DataFile {
  std::string path;
  std::vector<std::uint8_t> bytes;               // unpacked
  std::pair<std::string, std::string> checksum;  // file name -> SHA-256 of the file as it lies on disk
};

// directory/name, or directory/name.gz where that is the file that is there; "" where neither is. `problem`: what is there and cannot be
// read, as "DIRECTORY/NAME: Permission denied", or "". It never throws: a place that cannot be looked at must not hide the next.
std::string data_file_path(const std::string& directory, std::string_view name, std::string* problem = nullptr);

// Reads directory/name, or directory/name.gz where that is what is there, and unpacks it. It must have `expected` bytes unpacked
// (-1: any number). Throws Error(input): missing, truncated or corrupt, another size; with `remedy`.
DataFile read_data_file(const std::string& directory, const std::string& name, std::int64_t expected, std::string_view remedy);

}  // namespace xib
