#pragma once

#include "harness/core/term.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace xib {

struct ImageShape {
  int channels = 0, height = 0, width = 0;
  std::size_t pixels() const { return static_cast<std::size_t>(channels) * static_cast<std::size_t>(height) * static_cast<std::size_t>(width); }
  bool operator==(const ImageShape&) const = default;
};

// Images as bytes, one after another, each channel by channel, row by row.
struct ImageSet {
  ImageShape shape;
  std::vector<std::uint8_t> pixels;
  std::vector<std::int32_t> labels;
  std::int64_t size() const { return static_cast<std::int64_t>(labels.size()); }
  std::span<const std::uint8_t> image(std::int64_t k) const { return std::span(pixels).subspan(static_cast<std::size_t>(k) * shape.pixels(), shape.pixels()); }
  void truncate(std::int64_t limit);  // keeps the first `limit` images; 0 keeps all
};

struct Dataset {
  std::string name;
  int classes = 0;
  ImageSet train, validation, test;
  std::vector<float> mean, stddev;                             // per channel, of pixels / 255
  std::vector<std::pair<std::string, std::string>> checksums;  // file name -> SHA-256
};

// Facts of a data set that are known before it is read.
struct DatasetFacts {
  std::int64_t train, test;  // images
  int classes;
  ImageShape shape;
};

struct DatasetInfo {
  std::string_view name, arguments, help, remedy;
  std::string_view default_directory;       // where a package puts it; "" where there is none
  std::string_view folder;                  // of the official archive; "" where the files are loose
  std::string_view probe;                   // a file that tells its directory; "" for generated sets
  DatasetFacts (*facts)(const Term& term);  // throws Error(input) for wrong arguments
  Dataset (*make)(const Term& term, const std::string& directory);
};
std::span<const DatasetInfo> datasets();  // the one table

// Throws Error(input) with the nearest name.
const DatasetInfo& dataset_info(const Term& term, std::string_view key);

// Where the files of a set are looked for, in this order: `directory` if given, else $XIBENCH_DATA, else the package's place. Below
// the first two, <name>/ and the archive's own folder are tried too.
std::string find_dataset(const DatasetInfo& info, const std::string& directory);

// Reads or generates a set whole. Throws Error(input) naming the file, what was expected, what was found, and the remedy.
Dataset load_dataset(const Term& term, const std::string& directory);

// Moves a share of the training images, drawn by `seed` (Purpose::validation), into dataset.validation; both keep the file's order.
void hold_out(Dataset& dataset, double share, std::uint64_t seed);
std::int64_t held_out_count(std::int64_t samples, double share);

}  // namespace xib
