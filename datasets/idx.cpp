#include "datasets/idx.hpp"

#include "datasets/data_file.hpp"
#include "harness/core/check.hpp"

#include <algorithm>

namespace xib {
namespace {

constexpr std::uint32_t kImagesMagic = 0x00000803, kLabelsMagic = 0x00000801;  // unsigned bytes, 3 or 1 dimensions
constexpr int kClasses = 10;

std::uint32_t big_endian(const DataFile& file, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t k = 0; k < 4; ++k) value = value << 8 | file.bytes[at + k];
  return value;
}

// Checks magic and length, and returns the dimensions.
std::vector<std::uint32_t> read_header(const DataFile& file, std::uint32_t magic, std::string_view remedy) {
  const std::size_t dimensions = magic & 0xff, header = 4 + 4 * dimensions;
  require(file.bytes.size() >= header, "{} has {} bytes, fewer than the {} of an IDX header; {}", file.path, file.bytes.size(), header, remedy);
  require(big_endian(file, 0) == magic, "{} begins with {:#010x} where IDX magic {:#010x} was expected; {}", file.path, big_endian(file, 0), magic, remedy);
  std::vector<std::uint32_t> sizes;
  std::uint64_t total = header, records = 1;
  for (std::size_t d = 0; d < dimensions; ++d) {
    sizes.push_back(big_endian(file, 4 + 4 * d));
    records *= sizes.back();
    require(records <= std::uint64_t{1} << 32, "{}: its header promises more than 2^32 bytes; {}", file.path, remedy);
  }
  total += records;
  require(file.bytes.size() == total, "{} has {} bytes where its header promises {} ({} records); {}", file.path, file.bytes.size(), total, sizes[0], remedy);
  return sizes;
}

ImageSet read_set(Dataset& dataset, const std::string& directory, const std::string& prefix, std::string_view remedy) {
  auto images = read_data_file(directory, prefix + "-images-idx3-ubyte", -1, remedy);
  const auto labels = read_data_file(directory, prefix + "-labels-idx1-ubyte", -1, remedy);
  const auto size = read_header(images, kImagesMagic, remedy);
  const auto label_size = read_header(labels, kLabelsMagic, remedy);
  require(size[0] > 0 && size[1] > 0 && size[2] > 0, "{} holds no images; {}", images.path, remedy);
  require(size[0] == label_size[0], "{} has {} images but {} has {} labels; {}", images.path, size[0], labels.path, label_size[0], remedy);
  ImageSet set;
  set.shape = {1, static_cast<int>(size[1]), static_cast<int>(size[2])};
  set.labels.assign(labels.bytes.begin() + 8, labels.bytes.end());
  const auto bad = std::find_if(set.labels.begin(), set.labels.end(), [](auto label) { return label >= kClasses; });
  require(bad == set.labels.end(), "{}: label {} of record {} is not under {}; {}", labels.path, bad == set.labels.end() ? 0 : *bad, bad - set.labels.begin(),
          kClasses, remedy);
  images.bytes.erase(images.bytes.begin(), images.bytes.begin() + 16);
  set.pixels = std::move(images.bytes);
  dataset.checksums.push_back(images.checksum);
  dataset.checksums.push_back(labels.checksum);
  return set;
}

}  // namespace

Dataset load_idx(std::string_view name, const std::string& directory, std::vector<float> mean, std::vector<float> stddev) {
  const auto remedy = dataset_info(Term{std::string(name), {}}, "load_idx").remedy;
  Dataset dataset;
  dataset.name = name;
  dataset.classes = kClasses;
  dataset.mean = std::move(mean);
  dataset.stddev = std::move(stddev);
  dataset.train = read_set(dataset, directory, "train", remedy);
  dataset.test = read_set(dataset, directory, "t10k", remedy);
  require(dataset.train.shape == dataset.test.shape, "dataset {} in {}: training images are {}x{}, test images {}x{}; {}", name, directory,
          dataset.train.shape.height, dataset.train.shape.width, dataset.test.shape.height, dataset.test.shape.width, remedy);
  return dataset;
}

}  // namespace xib
