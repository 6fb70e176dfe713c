#pragma once

#include "datasets/partition.hpp"

#include <memory>
#include <mutex>

namespace xib {

// Which images node i takes in step t: a pure function of partition, seed, node and step; what is kept are caches.
//   iid: one permutation of all images per epoch; node i walks through block i of it (the last N/n mod batch images wait for
//        another epoch's permutation).
//   fixed shards: every node walks through an endless stream of permutations of its own shard, whatever the shard's size.
// An epoch has floor(N / (n * batch)) steps for everyone.
class Sampler {
 public:
  Sampler(const Term& partition, const PartitionProblem& problem, std::int64_t batch_size);

  std::int64_t steps_per_epoch() const { return steps_per_epoch_; }
  std::int64_t batch_size() const { return batch_; }
  // Valid until the next call for this node. Thread-safe for distinct nodes.
  std::span<const std::int32_t> batch(int node, std::int64_t step);
  // Of the first epoch, nodes x classes.
  const std::vector<std::int64_t>& histogram() const { return histogram_; }

 private:
  using Order = std::shared_ptr<const std::vector<std::int32_t>>;
  struct NodeCache {
    std::int64_t epoch = -1;  // or pass through the shard
    Order order;
    std::vector<std::int32_t> batch;
  };
  std::span<const std::int32_t> iid_batch(int node, std::int64_t step);
  Order epoch_order(std::int64_t epoch);
  const std::vector<std::int32_t>& pass_order(int node, std::int64_t pass);

  std::uint64_t seed_;
  std::size_t images_;
  std::int64_t batch_, steps_per_epoch_;
  Shards shards_;  // empty when drawn every epoch
  std::vector<std::int64_t> histogram_;
  std::vector<NodeCache> nodes_;
  std::mutex mutex_;  // guards the two below
  std::int64_t shared_epoch_ = -1;
  Order shared_order_;
};

std::int64_t steps_in_epoch(std::int64_t images, std::int64_t nodes, std::int64_t batch_size);  // throws Error(input) when none

}  // namespace xib
