#pragma once

#include "datasets/sampler.hpp"
#include "harness/task/classification.hpp"
#include "harness/task/models/models.hpp"
#include "harness/task/task.hpp"
#include "harness/task/torch_task.hpp"

#include <algorithm>
#include <memory>

namespace xib {

// Classification of images by a network, wherever it is computed: data, samples of every node and step, initial models.
class ImageTask : public Task {
 public:
  ImageTask(std::shared_ptr<const Dataset> dataset, const Network& network, const TorchTaskOptions& options, const NodeLayout& layout)
      : dataset_(std::move(dataset)),
        network_(network),
        options_(options),
        layout_(layout),
        sampler_(options.partition, {dataset_->train.labels, dataset_->classes, layout.nodes, options.seed}, options.batch_size) {}

  std::size_t dim() const override { return network_.dim; }
  std::size_t buffer_dim() const override { return network_.buffer_dim; }
  int classes() const override { return dataset_->classes; }
  std::int64_t steps_per_epoch() const override { return sampler_.steps_per_epoch(); }
  std::int64_t batch_size() const override { return options_.batch_size; }
  void initial_model(std::span<float> model, std::span<float> buffers) const override { draw_initial_model(network_, options_.seed, model, buffers); }
  std::vector<std::int64_t> class_histogram() const override { return sampler_.histogram(); }
  std::vector<std::pair<std::string, std::string>> data_checksums() const override { return dataset_->checksums; }
  std::vector<Metric> metrics() const override { return classification_metrics(); }
  std::size_t evaluation_sums() const override { return kClassificationSums; }
  std::vector<double> score(std::span<const double> sums) const override { return classification_scores(sums); }
  int evaluation_batches(Split split) const override { return static_cast<int>((images_of(split).size() + kEvaluationBatch - 1) / kEvaluationBatch); }

 protected:
  const ImageSet& images_of(Split split) const {
    if (split == Split::train) return dataset_->train;
    return split == Split::test ? dataset_->test : dataset_->validation;
  }
  // The images of a batch of evaluation, as places in their split.
  struct Stretch {
    std::int64_t first, count;
  };
  Stretch stretch(Split split, int batch) const {
    const std::int64_t first = batch * kEvaluationBatch;
    return {first, std::min(kEvaluationBatch, images_of(split).size() - first)};
  }
  std::span<const std::int32_t> labels_of(Split split, const Stretch& s) const {
    return std::span(images_of(split).labels).subspan(static_cast<std::size_t>(s.first), static_cast<std::size_t>(s.count));
  }

  std::shared_ptr<const Dataset> dataset_;
  Network network_;
  TorchTaskOptions options_;
  NodeLayout layout_;
  Sampler sampler_;
};

}  // namespace xib
