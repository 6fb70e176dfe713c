#pragma once

#include "datasets/dataset.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace xib {

// The publisher's files of a data set, and what they hold.
struct OfficialSet {
  struct File {
    std::string_view name, sha256;
  };
  std::string_view dataset;
  std::string_view address;         // the downloads are below it
  std::span<const File> downloads;  // packed, as they lie there
  std::span<const File> files;      // unpacked, whether the reader finds them so or as .gz
};

// nullptr where nothing is published: generated sets, unknown names.
const OfficialSet* official_set(std::string_view dataset);

// One file as it is on this machine.
struct FoundFile {
  std::string path, sha256;  // of the unpacked bytes
  bool official;             // the publisher's, to the last byte
};

// Throws Error(input) where one is missing, or cannot be unpacked.
std::vector<FoundFile> check_files(const OfficialSet& official, const std::string& directory, std::string_view remedy);

}  // namespace xib
