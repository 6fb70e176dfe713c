#include "harness/task/torch_task.hpp"

#include "harness/task/torch_batches.hpp"
#include "harness/task/torch_network_task.hpp"
#include "harness/task/torch_node_group.hpp"
#include "harness/task/torch_row_model.hpp"

#include <ATen/Parallel.h>
#include <malloc.h>

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

class TorchTask final : public NetworkTask {
 public:
  TorchTask(const Network& network, std::unique_ptr<const Samples> samples, std::unique_ptr<Batches> batches, const Objective& objective, std::uint64_t seed,
            const NodeBlock& nodes)
      : NetworkTask(network, std::move(samples), objective, seed),
        setup_{.network = network_, .objective = objective_, .nodes = nodes.count, .batch = batch_size(), .first = nodes.first},
        batches_(std::move(batches)),
        nodes_(node_groups(network_.together, nodes.first, nodes.count)) {
    use_one_torch_thread();
  }

  void bind(NodeMatrix& x, NodeMatrix& g, NodeMatrix& buffers) override {
    const auto [inputs, targets] = batches_->place();
    rows_ = {x.data(), g.data(), x.stride(), buffers.data(), buffers.stride(), inputs, targets};
    groups_.clear();
    for (const NodeBlock& nodes : nodes_) groups_.push_back(make_node_group(setup_, rows_, nodes));
  }

  std::vector<NodeBlock> groups() const override { return nodes_; }

  void group_gradients(int group, std::int64_t step, std::span<double> loss, double* data_s) override {
    const auto k = static_cast<std::size_t>(group);
    compute(*groups_[k], nodes_[k], step, loss, data_s);
  }

  // One node of a group has its bits, and takes the time of the group.
  double gradient(int local, std::int64_t step, double* data_s) override {
    double loss = 0;
    compute(*make_node_group(setup_, rows_, {local, 1}), {local, 1}, step, {&loss, 1}, data_s);
    return loss;
  }

  void evaluate_batch(std::span<const float> model, std::span<const float> buffers, Split split, int batch, int worker, std::span<double> sums) override {
    prepare_torch_thread_once();
    const at::NoGradGuard no_gradients;
    const Batch given = batches_->evaluation(split, batch, worker);
    // Neither is written to: gradients are off and running statistics only read.
    const RowModel evaluated(network_, {const_cast<float*>(model.data()), const_cast<float*>(buffers.data()), nullptr});
    objective_.add_up(evaluated.outputs(given.inputs, false), given.targets, sums);
  }

 private:
  void compute(NodeGroup& group, const NodeBlock& nodes, std::int64_t step, std::span<double> loss, double* data_s) {
    prepare_torch_thread_once();
    const double start = seconds();
    for (int k = nodes.first; k < nodes.first + nodes.count; ++k) batches_->write(k, step);
    if (data_s) *data_s = seconds() - start;
    const auto losses = group.gradients();
    for (std::size_t k = 0; k < loss.size(); ++k) loss[k] = losses[static_cast<std::int64_t>(k)].item<double>();
  }

  ReplicaSetup setup_;
  ReplicaRows rows_{};
  std::unique_ptr<Batches> batches_;
  std::vector<NodeBlock> nodes_;  // of each group
  std::vector<std::unique_ptr<NodeGroup>> groups_;
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

std::unique_ptr<Task> make_torch_task(std::shared_ptr<const Dataset> dataset, const Network& network, const TrainingOptions& options, const NodeLayout& layout,
                                      int workers) {
  auto samples = std::make_unique<const ImageSamples>(std::move(dataset), options, layout);
  auto batches = make_image_batches(*samples, layout.mine(), workers);
  return std::make_unique<TorchTask>(network, std::move(samples), std::move(batches), cross_entropy(), options.seed, layout.mine());
}

}  // namespace xib
