#pragma once

#include "harness/core/term.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace xib {

struct PartitionProblem {
  std::span<const std::int32_t> labels;  // of the training images
  int classes, nodes;
  std::uint64_t seed;
};

using Shards = std::vector<std::vector<std::int32_t>>;  // per node, the indices of its images

struct PartitionInfo {
  std::string_view name, arguments, help;
  bool every_epoch;                 // drawn anew for every epoch: then make() gives the first epoch's
  void (*check)(const Term& term);  // refuses wrong arguments, without any data
  Shards (*make)(const Term& term, const PartitionProblem& problem);
};
std::span<const PartitionInfo> partitions();  // the one table

// Throws Error(input) with the nearest name.
const PartitionInfo& partition_info(const Term& term, std::string_view key);

// Gives every image to exactly one node; a pure function of its arguments. Throws Error(input): more nodes than images, impossible
// arguments, or no partition found that leaves every node enough.
Shards make_partition(const Term& term, const PartitionProblem& problem);

// Images of each class on each node, nodes x classes.
std::vector<std::int64_t> class_histogram(const Shards& shards, std::span<const std::int32_t> labels, int classes);

// The order of all images in one epoch under iid; node i takes block_of(order, i, nodes).
std::vector<std::int32_t> epoch_permutation(std::size_t images, std::uint64_t seed, std::uint32_t epoch);

// Part k of `parts` of a sequence: sizes differ by at most one.
template <class T>
std::span<T> block_of(std::span<T> all, std::size_t k, std::size_t parts) {
  const auto first = k * all.size() / parts, last = (k + 1) * all.size() / parts;
  return all.subspan(first, last - first);
}

}  // namespace xib
