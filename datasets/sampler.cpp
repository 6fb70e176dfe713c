#include "datasets/sampler.hpp"

#include "harness/core/check.hpp"
#include "harness/core/random.hpp"

namespace xib {

std::int64_t steps_in_epoch(std::int64_t images, std::int64_t nodes, std::int64_t batch_size) {
  require(batch_size >= 1, Key{"train.batch_size"}, "{} is not a batch size; at least one image is needed", batch_size);
  require(nodes <= images, Key{"train.nodes"}, "{} but only {} training images: more nodes than samples; take fewer nodes or raise data.limit", nodes, images);
  require(images / nodes >= batch_size, Key{"train.nodes"},
          "{} with batch_size = {} need {} images for one step, the training set has {}; take fewer nodes or a smaller batch", nodes, batch_size,
          nodes * batch_size, images);
  return images / (nodes * batch_size);
}

Sampler::Sampler(const Term& partition, const PartitionProblem& problem, std::int64_t batch_size)
    : seed_(problem.seed), images_(problem.labels.size()), batch_(batch_size) {
  auto shards = make_partition(partition, problem);
  steps_per_epoch_ = steps_in_epoch(static_cast<std::int64_t>(images_), problem.nodes, batch_size);
  histogram_ = class_histogram(shards, problem.labels, problem.classes);
  if (!partition_info(partition, "data.partition").every_epoch) shards_ = std::move(shards);
  nodes_.resize(static_cast<std::size_t>(problem.nodes));
}

std::span<const std::int32_t> Sampler::batch(int node, std::int64_t step) {
  if (shards_.empty()) return iid_batch(node, step);
  auto& cache = nodes_[static_cast<std::size_t>(node)];
  const auto size = static_cast<std::int64_t>(shards_[static_cast<std::size_t>(node)].size());
  cache.batch.clear();
  for (std::int64_t k = step * batch_; k < (step + 1) * batch_; ++k) cache.batch.push_back(pass_order(node, k / size)[static_cast<std::size_t>(k % size)]);
  return cache.batch;
}

std::span<const std::int32_t> Sampler::iid_batch(int node, std::int64_t step) {
  auto& cache = nodes_[static_cast<std::size_t>(node)];
  if (const auto epoch = step / steps_per_epoch_; cache.epoch != epoch) {
    cache.order = epoch_order(epoch);
    cache.epoch = epoch;
  }
  const auto block = block_of(std::span(*cache.order), static_cast<std::size_t>(node), nodes_.size());
  return block.subspan(static_cast<std::size_t>(step % steps_per_epoch_ * batch_), static_cast<std::size_t>(batch_));
}

// Shared by all nodes: a permutation of 60,000 costs about a millisecond, too much for every node of every epoch.
Sampler::Order Sampler::epoch_order(std::int64_t epoch) {
  std::lock_guard lock(mutex_);
  if (shared_epoch_ != epoch) {
    shared_order_ = std::make_shared<const std::vector<std::int32_t>>(epoch_permutation(images_, seed_, static_cast<std::uint32_t>(epoch)));
    shared_epoch_ = epoch;
  }
  return shared_order_;
}

const std::vector<std::int32_t>& Sampler::pass_order(int node, std::int64_t pass) {
  auto& cache = nodes_[static_cast<std::size_t>(node)];
  if (cache.epoch != pass) {
    auto order = shards_[static_cast<std::size_t>(node)];
    RandomStream(seed_, Purpose::data_order, static_cast<std::uint32_t>(node), static_cast<std::uint32_t>(pass)).shuffle(std::span(order));
    cache.order = std::make_shared<const std::vector<std::int32_t>>(std::move(order));
    cache.epoch = pass;
  }
  return *cache.order;
}

}  // namespace xib
