#include "datasets/dataset.hpp"

#include "datasets/cifar.hpp"
#include "datasets/data_file.hpp"
#include "datasets/idx.hpp"
#include "datasets/synthetic.hpp"
#include "harness/core/check.hpp"
#include "harness/core/paths.hpp"
#include "harness/core/random.hpp"
#include "harness/core/row_of.hpp"

#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <numeric>

namespace xib {
namespace {

template <int train, int classes, int channels, int size>
DatasetFacts official(const Term& term) {
  Arguments(term, "data.dataset").done();
  return {train, 10000, classes, {channels, size, size}};
}

Dataset make_fashion_mnist(const Term&, const std::string& directory) { return load_idx("fashion-mnist", directory, {0.2860f}, {0.3530f}); }
Dataset make_mnist(const Term&, const std::string& directory) { return load_idx("mnist", directory, {0.1307f}, {0.3081f}); }

constexpr std::array<DatasetInfo, 5> kDatasets = {{
    {"fashion-mnist", "", "clothing, 28x28 grey, 10 classes (Xiao et al. 2017)",
     "apt-get install dataset-fashion-mnist, or set XIBENCH_DATA or --data to the directory that holds it", "/usr/share/datasets/fashion-mnist", "",
     "train-images-idx3-ubyte", official<60000, 10, 1, 28>, make_fashion_mnist},
    {"mnist", "", "digits, 28x28 grey, 10 classes (LeCun et al. 1998)",
     "xibench data fetch mnist, or put the four *-ubyte[.gz] files into a directory mnist and set XIBENCH_DATA or --data to its parent", "", "",
     "train-images-idx3-ubyte", official<60000, 10, 1, 28>, make_mnist},
    {"cifar10", "", "objects, 32x32 RGB, 10 classes (Krizhevsky 2009), binary version",
     "xibench data fetch cifar10, or unpack cifar-10-binary.tar.gz of www.cs.toronto.edu/~kriz/cifar.html and set XIBENCH_DATA or --data to the directory it is in",
     "", "cifar-10-batches-bin", "data_batch_1.bin", official<50000, 10, 3, 32>, make_cifar10},
    {"cifar100", "", "objects, 32x32 RGB, 100 classes (Krizhevsky 2009), binary version, fine labels",
     "xibench data fetch cifar100, or unpack cifar-100-binary.tar.gz of www.cs.toronto.edu/~kriz/cifar.html and set XIBENCH_DATA or --data to the directory it is in",
     "", "cifar-100-binary", "train.bin", official<50000, 100, 3, 32>, make_cifar100},
    {"synthetic", "classes = 10, size = 16, samples = 4096, test = 1024, channels = 1, noise = 40, seed = 0",
     "a random pattern per class plus noise: needs no files", "", "", "", "", synthetic_facts, make_synthetic},
}};

}  // namespace

std::span<const DatasetInfo> datasets() { return kDatasets; }

const DatasetInfo& dataset_info(const Term& term, std::string_view key) { return row_of(kDatasets, term.name, "dataset", key); }

std::string find_dataset(const DatasetInfo& info, const std::string& directory) {
  if (info.probe.empty()) return "";
  std::vector<std::filesystem::path> places;
  const auto add_root = [&](const std::filesystem::path& root) {
    for (const auto& base : {root / info.name, root}) {
      if (!info.folder.empty()) places.push_back(base / info.folder);
      places.push_back(base);
    }
  };
  if (!directory.empty()) {
    add_root(directory);
  } else {
    if (const char* root = std::getenv("XIBENCH_DATA"); root && *root) add_root(root);
    if (!info.default_directory.empty()) places.emplace_back(info.default_directory);
  }
  std::string looked, closed;
  for (const auto& place : places) {
    std::string problem;
    if (!data_file_path(place.string(), info.probe, &problem).empty()) return place.string();
    looked += (looked.empty() ? "" : ", ") + place.string();
    if (!problem.empty() && closed.empty()) closed = problem;
  }
  if (!closed.empty())
    throw Unreadable(fmt::format(
        "dataset {}: cannot read {}; ask for the right to read it and to enter its folders (chmod), move it away if it is no file, or name another place with --data",
        info.name, closed));
  refuse("dataset {}: no file {} in {}; {}", info.name, info.probe, looked.empty() ? "any known place" : looked, info.remedy);
}

Dataset load_dataset(const Term& term, const std::string& directory) {
  const auto& info = dataset_info(term, "data.dataset");
  const auto facts = info.facts(term);
  const auto place = find_dataset(info, directory);
  auto dataset = info.make(term, place);
  require(dataset.train.size() == facts.train && dataset.test.size() == facts.test && dataset.train.shape == facts.shape,
          "dataset {} in {} has {} + {} images of {}x{} where {} + {} of {}x{} were expected; {}", info.name, place, dataset.train.size(), dataset.test.size(),
          dataset.train.shape.height, dataset.train.shape.width, facts.train, facts.test, facts.shape.height, facts.shape.width, info.remedy);
  return dataset;
}

void ImageSet::truncate(std::int64_t limit) {
  if (limit <= 0 || limit >= size()) return;
  labels.resize(static_cast<std::size_t>(limit));
  pixels.resize(static_cast<std::size_t>(limit) * shape.pixels());
}

std::int64_t held_out_count(std::int64_t samples, double share) { return static_cast<std::int64_t>(std::llround(static_cast<double>(samples) * share)); }

void hold_out(Dataset& dataset, double share, std::uint64_t seed) {
  require(share >= 0 && share < 1, Key{"evaluation.validation"}, "{} is not a share in [0, 1)", share);
  if (share == 0) return;
  const ImageSet all = std::exchange(dataset.train, {});
  std::vector<std::int64_t> order(static_cast<std::size_t>(all.size()));
  std::iota(order.begin(), order.end(), 0);
  RandomStream(seed, Purpose::validation).shuffle(std::span(order));
  std::vector<bool> held(order.size(), false);
  const auto count = static_cast<std::size_t>(held_out_count(all.size(), share));
  for (std::size_t k = 0; k < count; ++k) held[static_cast<std::size_t>(order[k])] = true;
  dataset.train.shape = dataset.validation.shape = all.shape;
  for (std::int64_t k = 0; k < all.size(); ++k) {
    auto& to = held[static_cast<std::size_t>(k)] ? dataset.validation : dataset.train;
    const auto image = all.image(k);
    to.pixels.insert(to.pixels.end(), image.begin(), image.end());
    to.labels.push_back(all.labels[static_cast<std::size_t>(k)]);
  }
}

}  // namespace xib
