#include "harness/task/torch_task.hpp"

#include "datasets/batch.hpp"
#include "datasets/sampler.hpp"
#include "harness/core/check.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

extern "C" void openblas_set_num_threads(int) __attribute__((weak));  // absent when another BLAS is linked

namespace xib {
namespace {

using Tensors = std::vector<at::Tensor>;

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

at::Tensor view(float* data, at::IntArrayRef sizes, at::IntArrayRef strides) { return at::from_blob(data, sizes, strides, at::kFloat); }

// The parameters of a flat model as tensors. A convolution's weight is (out, in, height, width) to LibTorch, channels-last in memory.
Tensors parameter_views(const Network& network, float* model) {
  Tensors views;
  for (const auto& p : network.parameters) {
    float* data = model + p.offset;
    if (const auto& s = p.shape; s.size() == 4)
      views.push_back(view(data, {s[0], s[3], s[1], s[2]}, {s[1] * s[2] * s[3], 1, s[2] * s[3], s[3]}));
    else
      views.push_back(at::from_blob(data, s, at::kFloat));
  }
  return views;
}

struct Statistics {
  at::Tensor mean, variance;
};

// One entry per layer; empty tensors but for batch norms.
std::vector<Statistics> statistics_views(const Network& network, float* buffers) {
  std::vector<Statistics> views;
  for (const auto& l : network.layers) {
    views.emplace_back();
    if (l.kind != Layer::Kind::batch_norm) continue;
    views.back() = {at::from_blob(buffers + l.statistics, {l.channels}, at::kFloat),
                    at::from_blob(buffers + l.statistics + l.channels, {l.channels}, at::kFloat)};
  }
  return views;
}

at::Tensor every_nth_pixel(const at::Tensor& x, int stride) {
  return stride == 1 ? x : x.slice(2, 0, x.size(2), stride).slice(3, 0, x.size(3), stride);
}

at::Tensor pad_channels(const at::Tensor& x, const Layer& l) {
  const auto fresh = l.channels - x.size(1), before = fresh / 2;
  return at::constant_pad_nd(every_nth_pixel(x, l.stride), {0, 0, 0, 0, before, fresh - before});
}

// A 1x1 convolution sees only every `stride`-th pixel. Those are picked here: told the stride, oneDNN 2.6.3 (Debian 12) writes beyond its
// buffer in the AVX2 backward pass where the number of channels is no multiple of 8 (jit_1x1:avx2, backward_data).
at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const Layer& l) {
  if (l.kernel == 1) return at::conv2d(every_nth_pixel(x, l.stride), weight, bias);
  return at::conv2d(x, weight, bias, l.stride, l.kernel / 2);
}

// In place where backward does not need what is overwritten.
at::Tensor apply(const Layer& l, const at::Tensor& x, const Tensors& p, const Statistics& s, bool training) {
  const auto tensor = [&](int index) { return index < 0 ? at::Tensor() : p[static_cast<std::size_t>(index)]; };
  switch (l.kind) {
    case Layer::Kind::conv:
      return convolve(x, tensor(l.weight), tensor(l.bias), l);
    case Layer::Kind::batch_norm:
      return at::batch_norm(x, tensor(l.weight), tensor(l.bias), s.mean, s.variance, training, 0.1, 1e-5, false);
    case Layer::Kind::group_norm:
      return at::group_norm(x, std::gcd(2, l.channels), tensor(l.weight), tensor(l.bias), 1e-5, false);
    case Layer::Kind::relu:
      return at::relu_(const_cast<at::Tensor&>(x));
    case Layer::Kind::max_pool:
      return at::max_pool2d(x, 2, 2);
    case Layer::Kind::average_pool:
      return x.mean({2, 3}, true);
    case Layer::Kind::flatten:
      return x.permute({0, 2, 3, 1}).reshape({x.size(0), -1});  // channels-last, like the memory: no copy
    case Layer::Kind::linear:
      return at::linear(x, tensor(l.weight), tensor(l.bias));
    case Layer::Kind::pad_channels:
      return pad_channels(x, l);
    case Layer::Kind::keep:
    case Layer::Kind::add_kept:
      break;
  }
  fail("a layer without meaning");
}

at::Tensor forward(const Network& network, const Tensors& p, const std::vector<Statistics>& statistics, at::Tensor x, bool training) {
  at::Tensor kept;
  for (std::size_t k = 0; k < network.layers.size(); ++k) {
    const auto& l = network.layers[k];
    if (l.kind == Layer::Kind::keep) {
      kept = x;
    } else if (l.kind == Layer::Kind::add_kept) {
      x = x.add_(kept);
      kept = at::Tensor();
    } else {
      auto& value = l.on_shortcut ? kept : x;
      value = apply(l, value, p, statistics[k], training);
    }
  }
  return x;
}

// Sum of the cross entropies and number of hits, in double.
Task::Partial score(const at::Tensor& logits, std::span<const std::int32_t> labels) {
  const auto table = logits.contiguous();
  const auto classes = static_cast<std::size_t>(table.size(1));
  Task::Partial partial;
  for (std::size_t k = 0; k < labels.size(); ++k) {
    const std::span row(table.data_ptr<float>() + k * classes, classes);
    const auto top = std::max_element(row.begin(), row.end());
    double sum = 0;
    for (const float z : row) sum += std::exp(static_cast<double>(z) - static_cast<double>(*top));
    partial.loss_sum += std::log(sum) + static_cast<double>(*top) - static_cast<double>(row[static_cast<std::size_t>(labels[k])]);
    partial.correct += top - row.begin() == labels[k];
    ++partial.samples;
  }
  return partial;
}

class TorchTask : public Task {
 public:
  TorchTask(std::shared_ptr<const Dataset> dataset, const Network& network, const TorchTaskOptions& options, const NodeLayout& layout, int workers)
      : dataset_(std::move(dataset)), network_(network), options_(options), layout_(layout), writer_(*dataset_),
        sampler_(options.partition, {dataset_->train.labels, dataset_->classes, layout.nodes, options.seed}, options.batch_size),
        evaluation_inputs_(static_cast<std::size_t>(workers)) {
    at::set_num_threads(1);
    if (openblas_set_num_threads) openblas_set_num_threads(1);
    keep_freed_memory();
    prepare_torch_thread();
  }

  std::size_t dim() const override { return network_.dim; }
  std::size_t buffer_dim() const override { return network_.buffer_dim; }
  int classes() const override { return dataset_->classes; }
  std::int64_t steps_per_epoch() const override { return sampler_.steps_per_epoch(); }
  std::int64_t batch_size() const override { return options_.batch_size; }
  void initial_model(std::span<float> model, std::span<float> buffers) const override {
    draw_initial_model(network_, options_.seed, model, buffers);
  }
  std::vector<std::int64_t> class_histogram() const override { return sampler_.histogram(); }
  std::vector<std::pair<std::string, std::string>> data_checksums() const override { return dataset_->checksums; }

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
    prepare_this_thread();
    auto& node = nodes_[static_cast<std::size_t>(local)];
    const double start = seconds();
    fetch(node, layout_.mine().first + local, step);
    if (data_s) *data_s = seconds() - start;
    std::fill(node.gradient.begin(), node.gradient.end(), 0.0f);
    const at::AutoGradMode record(true);
    const auto logits = forward(network_, node.parameters, node.statistics, images(node.input.data(), options_.batch_size), true);
    const auto loss = at::cross_entropy_loss(logits, at::from_blob(node.labels.data(), {options_.batch_size}, at::kLong));
    loss.backward();
    return loss.item<double>();
  }

  int evaluation_batches(Split split) const override {
    return static_cast<int>((images_of(split).size() + kEvaluationBatch - 1) / kEvaluationBatch);
  }

  Partial evaluate_batch(std::span<const float> model, std::span<const float> buffers, Split split, int batch, int worker) override {
    prepare_this_thread();
    const at::NoGradGuard no_gradients;
    const auto& set = images_of(split);
    const auto first = batch * kEvaluationBatch, count = std::min(kEvaluationBatch, set.size() - first);
    auto& input = evaluation_inputs_[static_cast<std::size_t>(worker)];
    input.resize(static_cast<std::size_t>(kEvaluationBatch) * set.shape.pixels());
    for (std::int64_t k = 0; k < count; ++k) writer_.write(set, first + k, input.data() + static_cast<std::size_t>(k) * set.shape.pixels());
    // Neither is written to: gradients are off and running statistics only read.
    const auto parameters = parameter_views(network_, const_cast<float*>(model.data()));
    const auto statistics = statistics_views(network_, const_cast<float*>(buffers.data()));
    const auto logits = forward(network_, parameters, statistics, images(input.data(), count), false);
    return score(logits, std::span(set.labels).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)));
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

  static void prepare_this_thread() {
    thread_local const bool prepared = (prepare_torch_thread(), true);
    static_cast<void>(prepared);
  }

  const ImageSet& images_of(Split split) const {
    if (split == Split::train) return dataset_->train;
    return split == Split::test ? dataset_->test : dataset_->validation;
  }

  at::Tensor images(float* data, std::int64_t count) const {
    const std::int64_t c = network_.input.channels, h = network_.input.height, w = network_.input.width;
    return view(data, {count, c, h, w}, {h * w * c, 1, w * c, c});
  }

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

  std::shared_ptr<const Dataset> dataset_;
  Network network_;
  TorchTaskOptions options_;
  NodeLayout layout_;
  BatchWriter writer_;
  Sampler sampler_;
  std::vector<Node> nodes_;                            // local
  std::vector<std::vector<float>> evaluation_inputs_;  // per worker
};

}  // namespace

void prepare_torch_thread() {
  at::init_num_threads();
  at::globalContext().setFlushDenormal(true);
}

std::unique_ptr<Task> make_torch_task(std::shared_ptr<const Dataset> dataset, const Network& network, const TorchTaskOptions& options,
                                      const NodeLayout& layout, int workers) {
  return std::make_unique<TorchTask>(std::move(dataset), network, options, layout, workers);
}

}  // namespace xib
