#include "datasets/cifar.hpp"

#include "datasets/data_file.hpp"
#include "harness/core/check.hpp"

namespace xib {
namespace {

constexpr ImageShape kShape = {3, 32, 32};

Dataset empty(std::string_view name, int classes, std::vector<float> mean, std::vector<float> stddev) {
  Dataset dataset;
  dataset.name = name;
  dataset.classes = classes;
  dataset.train.shape = dataset.test.shape = kShape;
  dataset.mean = std::move(mean);
  dataset.stddev = std::move(stddev);
  return dataset;
}

}  // namespace

void append_cifar_file(Dataset& dataset, ImageSet& set, const std::string& directory, const std::string& name, int label_bytes, std::int64_t records,
                       std::string_view remedy) {
  const auto record = static_cast<std::int64_t>(kShape.pixels()) + label_bytes;
  const auto file = read_data_file(directory, name, records < 0 ? -1 : records * record, remedy);
  const auto size = static_cast<std::int64_t>(file.bytes.size());
  require(size > 0 && size % record == 0, "{} has {} bytes, not a multiple of a record's {}; {}", file.path, size, record, remedy);
  for (auto at = file.bytes.begin(); at != file.bytes.end(); at += record) {
    const int label = *(at + label_bytes - 1);
    require(label < dataset.classes, "{}: label {} of record {} is not under {}; {}", file.path, label, (at - file.bytes.begin()) / record, dataset.classes,
            remedy);
    set.labels.push_back(label);
    set.pixels.insert(set.pixels.end(), at + label_bytes, at + record);
  }
  dataset.checksums.push_back(file.checksum);
}

// Normalisation as in the papers' code: the deviations of CIFAR-10 are means of per-image deviations, as customary.
Dataset make_cifar10(const Term& term, const std::string& directory) {
  const auto remedy = dataset_info(term, "make_cifar10").remedy;
  auto dataset = empty("cifar10", 10, {0.4914f, 0.4822f, 0.4465f}, {0.2023f, 0.1994f, 0.2010f});
  for (int k = 1; k <= 5; ++k) append_cifar_file(dataset, dataset.train, directory, fmt::format("data_batch_{}.bin", k), 1, 10000, remedy);
  append_cifar_file(dataset, dataset.test, directory, "test_batch.bin", 1, 10000, remedy);
  return dataset;
}

Dataset make_cifar100(const Term& term, const std::string& directory) {
  const auto remedy = dataset_info(term, "make_cifar100").remedy;
  auto dataset = empty("cifar100", 100, {0.5071f, 0.4867f, 0.4408f}, {0.2675f, 0.2565f, 0.2761f});
  append_cifar_file(dataset, dataset.train, directory, "train.bin", 2, 50000, remedy);
  append_cifar_file(dataset, dataset.test, directory, "test.bin", 2, 10000, remedy);
  return dataset;
}

}  // namespace xib
