#pragma once

#include "datasets/batch.hpp"
#include "datasets/sampler.hpp"
#include "harness/core/term.hpp"
#include "harness/mix/node_layout.hpp"
#include "harness/task/task.hpp"

#include <algorithm>
#include <memory>

namespace xib {

inline constexpr std::int64_t kEvaluationBatch = 500;  // samples; part of the science, because losses are summed batch by batch

struct TrainingOptions {
  Term partition{"iid", {}};
  std::int64_t batch_size = 32;
  bool augment = false;
  std::uint64_t seed = 1;
};

// Samples of every node and step and of every evaluation, on any device.
class Samples {
 public:
  virtual ~Samples() = default;
  virtual int classes() const = 0;  // 0: there are none
  virtual std::int64_t steps_per_epoch() const = 0;
  virtual std::int64_t batch_size() const = 0;                                     // per node and step
  virtual std::int64_t size(Split split) const = 0;                                // in samples
  virtual std::vector<std::int64_t> class_histogram() const = 0;                   // nodes x classes row-major; empty without classes
  virtual std::vector<std::pair<std::string, std::string>> checksums() const = 0;  // name and SHA-256 of every data file

  // Range of an evaluation batch in its split.
  struct Stretch {
    std::int64_t first, count;
  };
  Stretch stretch(Split split, int batch) const {
    const std::int64_t first = batch * kEvaluationBatch;
    return {first, std::min(kEvaluationBatch, size(split) - first)};
  }
  int evaluation_batches(Split split) const { return static_cast<int>((size(split) + kEvaluationBatch - 1) / kEvaluationBatch); }
};

class ImageSamples final : public Samples {
 public:
  ImageSamples(std::shared_ptr<const Dataset> dataset, const TrainingOptions& options, const NodeLayout& layout)
      : dataset_(std::move(dataset)),
        options_(options),
        sampler_(options.partition, {dataset_->train.labels, dataset_->classes, layout.nodes, options.seed}, options.batch_size) {}

  int classes() const override { return dataset_->classes; }
  std::int64_t steps_per_epoch() const override { return sampler_.steps_per_epoch(); }
  std::int64_t batch_size() const override { return options_.batch_size; }
  std::int64_t size(Split split) const override { return images(split).size(); }
  std::vector<std::int64_t> class_histogram() const override { return sampler_.histogram(); }
  std::vector<std::pair<std::string, std::string>> checksums() const override { return dataset_->checksums; }

  const Dataset& dataset() const { return *dataset_; }
  bool augments() const { return options_.augment; }
  const ImageSet& images(Split split) const {
    if (split == Split::train) return dataset_->train;
    return split == Split::test ? dataset_->test : dataset_->validation;
  }

  // Mini-batch of a node: its images, and how each is changed. Valid until the next draw for this node; thread-safe for distinct nodes.
  struct Draw {
    std::span<const std::int32_t> indices;
    std::vector<Augmentation> moves;  // empty: no image is changed
  };
  Draw draw(int node, std::int64_t step) const {
    Draw drawn{sampler_.batch(node, step), std::vector<Augmentation>(options_.augment ? static_cast<std::size_t>(options_.batch_size) : 0)};
    draw_augmentations(options_.seed, node, step, drawn.moves);
    return drawn;
  }

 private:
  std::shared_ptr<const Dataset> dataset_;
  TrainingOptions options_;
  mutable Sampler sampler_;  // caches
};

}  // namespace xib
