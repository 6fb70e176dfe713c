#include "harness/task/torch_task.hpp"

#include "harness/core/process.hpp"
#include "harness/task/torch_batches.hpp"
#include "harness/task/torch_network_task.hpp"
#include "harness/task/torch_row_model.hpp"

#include <ATen/Parallel.h>

#include <chrono>

extern "C" void openblas_set_num_threads(int) __attribute__((weak));  // absent when another BLAS is linked

namespace xib {
namespace {

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

class TorchTask final : public NetworkTask {
 public:
  TorchTask(const Network& network, std::unique_ptr<const Samples> samples, std::unique_ptr<Batches> batches, const Objective& objective, std::uint64_t seed)
      : NetworkTask(network, std::move(samples), objective, seed), batches_(std::move(batches)) {
    use_one_torch_thread();
  }

  void bind(NodeMatrix& x, NodeMatrix& g, NodeMatrix& buffers) override {
    models_.clear();
    for (int k = 0; k < x.count(); ++k) models_.emplace_back(network_, ModelRows{x.row(k).data(), buffers.row(k).data(), g.row(k).data()});
  }

  double gradient(int local, std::int64_t step, double* data_s) override {
    prepare_torch_thread_once();
    const double start = seconds();
    const Batch batch = batches_->training(local, step);
    if (data_s) *data_s = seconds() - start;
    return models_[static_cast<std::size_t>(local)].gradient(objective_, batch).item<double>();
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
  std::unique_ptr<Batches> batches_;
  std::vector<RowModel> models_;  // of the local nodes
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
  return std::make_unique<TorchTask>(network, std::move(samples), std::move(batches), cross_entropy(), options.seed);
}

}  // namespace xib
