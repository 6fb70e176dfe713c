#include "harness/task/torch_task.hpp"

#include "datasets/batch.hpp"
#include "harness/task/image_task.hpp"
#include "harness/task/torch_network.hpp"

#include <ATen/Parallel.h>
#include <malloc.h>

#include <algorithm>
#include <chrono>

extern "C" void openblas_set_num_threads(int) __attribute__((weak));  // absent when another BLAS is linked

namespace xib {
namespace {

// Activations of a few megabytes come and go with every layer: given back to the system each time, their page faults took a quarter
// of a ResNet-20's time.
void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

class TorchTask final : public ImageTask {
 public:
  TorchTask(std::shared_ptr<const Dataset> dataset, const Network& network, const TorchTaskOptions& options, const NodeLayout& layout, int workers)
      : ImageTask(std::move(dataset), network, options, layout), writer_(*dataset_), evaluation_inputs_(static_cast<std::size_t>(workers)) {
    use_one_torch_thread();
  }

  void bind(NodeMatrix& x, NodeMatrix& g, NodeMatrix& buffers) override {
    nodes_.clear();
    for (int local = 0; local < layout_.mine().count; ++local) {
      auto& node = nodes_.emplace_back();
      node.gradient = g.row(local);
      node.parameters = parameter_views(network_, x.row(local).data());
      const auto gradients = parameter_views(network_, node.gradient.data());
      for (std::size_t k = 0; k < gradients.size(); ++k) node.parameters[k].requires_grad_(true).mutable_grad() = gradients[k];
      node.statistics = statistics_views(network_, buffers.row(local).data());
      node.input.resize(static_cast<std::size_t>(options_.batch_size) * dataset_->train.shape.pixels());
      node.labels.resize(static_cast<std::size_t>(options_.batch_size));
      node.augmentations.resize(options_.augment ? node.labels.size() : 0);
    }
  }

  // Gradients are added to the views: they must be zeroed, never dropped, or they would no longer be views.
  double gradient(int local, std::int64_t step, double* data_s) override {
    prepare_torch_thread_once();
    auto& node = nodes_[static_cast<std::size_t>(local)];
    const double start = seconds();
    fetch(node, layout_.mine().first + local, step);
    if (data_s) *data_s = seconds() - start;
    std::fill(node.gradient.begin(), node.gradient.end(), 0.0f);
    const at::AutoGradMode record(true);
    const auto logits = forward(network_, node.parameters, node.statistics, image_views(network_, node.input.data(), options_.batch_size), true);
    const auto loss = at::cross_entropy_loss(logits, at::from_blob(node.labels.data(), {options_.batch_size}, at::kLong));
    loss.backward();
    return loss.item<double>();
  }

  void evaluate_batch(std::span<const float> model, std::span<const float> buffers, Split split, int batch, int worker, std::span<double> sums) override {
    prepare_torch_thread_once();
    const at::NoGradGuard no_gradients;
    const auto& set = images_of(split);
    const Stretch chosen = stretch(split, batch);
    auto& input = evaluation_inputs_[static_cast<std::size_t>(worker)];
    input.resize(static_cast<std::size_t>(kEvaluationBatch) * set.shape.pixels());
    for (std::int64_t k = 0; k < chosen.count; ++k) writer_.write(set, chosen.first + k, input.data() + static_cast<std::size_t>(k) * set.shape.pixels());
    // Neither is written to: gradients are off and running statistics only read.
    const auto parameters = parameter_views(network_, const_cast<float*>(model.data()));
    const auto statistics = statistics_views(network_, const_cast<float*>(buffers.data()));
    const auto logits = forward(network_, parameters, statistics, image_views(network_, input.data(), chosen.count), false);
    put(add_up(logits, labels_of(split, chosen)), sums);
  }

 private:
  struct Node {
    std::span<float> gradient;
    Tensors parameters;  // with gradients
    std::vector<Statistics> statistics;
    std::vector<float> input;
    std::vector<std::int64_t> labels;
    std::vector<Augmentation> augmentations;
  };

  void fetch(Node& node, int id, std::int64_t step) {
    const auto& set = dataset_->train;
    const auto indices = sampler_.batch(id, step);
    if (options_.augment) draw_augmentations(options_.seed, id, step, node.augmentations);
    for (std::size_t k = 0; k < indices.size(); ++k) {
      float* out = node.input.data() + k * set.shape.pixels();
      node.labels[k] = set.labels[static_cast<std::size_t>(indices[k])];
      if (options_.augment)
        writer_.write(set, indices[k], node.augmentations[k], out);
      else
        writer_.write(set, indices[k], out);
    }
  }

  BatchWriter writer_;
  std::vector<Node> nodes_;                            // local
  std::vector<std::vector<float>> evaluation_inputs_;  // per worker
};

}  // namespace

void prepare_torch_thread() {
  at::init_num_threads();
  at::globalContext().setFlushDenormal(true);
}

void prepare_torch_thread_once() {
  thread_local const bool prepared = (prepare_torch_thread(), true);
  static_cast<void>(prepared);
}

void use_one_torch_thread() {
  at::set_num_threads(1);
  if (openblas_set_num_threads) openblas_set_num_threads(1);
  keep_freed_memory();
  prepare_torch_thread();
}

std::unique_ptr<Task> make_torch_task(std::shared_ptr<const Dataset> dataset, const Network& network, const TorchTaskOptions& options, const NodeLayout& layout,
                                      int workers) {
  return std::make_unique<TorchTask>(std::move(dataset), network, options, layout, workers);
}

}  // namespace xib
