#include "harness/core/check.hpp"
#include "harness/task/torch_cuda.hpp"
#include "harness/task/torch_device_batches.hpp"
#include "harness/task/torch_network_task.hpp"
#include "harness/task/torch_replicas.hpp"
#include "harness/task/torch_task.hpp"

#include <c10/util/Exception.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <type_traits>

namespace xib {
namespace {

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

constexpr const char* kWorkspace = "CUBLAS_WORKSPACE_CONFIG";

// cuBLAS reads it when it is first used. With another workspace its sums need not come out the same twice.
std::string cublas_workspace() {
  setenv(kWorkspace, ":4096:8", 0);
  const std::string value = std::getenv(kWorkspace);
  require(value == ":4096:8" || value == ":16:8", "{}: with {} sums of cuBLAS may differ from run to run: unset it, or set :4096:8 or :16:8", kWorkspace,
          value);
  return value;
}

// NVIDIA's libraries also read this variable, and it overrules all settings: 0 turns tf32 off, another value may turn it on.
void check_tf32_override(const std::string& precision) {
  const char* const value = std::getenv("NVIDIA_TF32_OVERRIDE");
  require(!value || (std::string(value) == "0" && precision != "tf32"),
          "NVIDIA_TF32_OVERRIDE: with {} cuBLAS and cuDNN ignore train.precision = '{}': unset it", value ? value : "", precision);
}

// Settings for the same bits in every run on the same card, libraries, ranks and way, and for the arithmetic of `precision`: LibTorch's default for
// convolutions is tf32. They hold for the process, so every use sets them. oneDNN has bfloat16 only on some CPUs, so it is off for it in host memory, where the
// tests' stand-in computes.
void set_libraries(const std::string& precision, const at::Device& where) {
  auto& context = at::globalContext();
  context.setDeterministicCuDNN(true);
  context.setBenchmarkCuDNN(false);
  context.setAllowTF32CuDNN(precision == "tf32");
  context.setAllowTF32CuBLAS(precision == "tf32");
  if (where.is_cpu()) context.setUserEnabledMkldnn(precision != "bfloat16");
}

class TorchDeviceTask final : public NetworkTask {
 public:
  // batches(device): they refer to the samples. Called once.
  using MakeBatches = std::function<std::unique_ptr<DeviceBatches>(Device&)>;

  TorchDeviceTask(const Network& network, std::unique_ptr<const Samples> samples, const MakeBatches& batches, const Objective& objective, std::uint64_t seed,
                  const NodeBlock& nodes, const DevicePlan& plan)
      : NetworkTask(network, std::move(samples), objective, seed),
        nodes_(nodes),
        device_(*plan.device),
        plan_(plan),
        where_(torch_device(device_)),
        workspace_(cublas_workspace()) {
    check_tf32_override(plan_.precision);
    use_one_torch_thread();
    set_libraries(plan_.precision, where_);
    guarded([&] {
      batches_ = batches(device_);
      replicas_ = make_replicas(plan_.way, {.network = network_,
                                            .objective = objective_,
                                            .nodes = nodes_.count,
                                            .batch = batch_size(),
                                            .arithmetic = plan_.precision == "bfloat16" ? Arithmetic::bfloat16 : Arithmetic::float32,
                                            .device = &device_});
    });
  }

  Space space() const override { return Space::device; }

  void bind(NodeMatrix& x, NodeMatrix& g, NodeMatrix& buffers) override {
    const auto [pixels, labels] = batches_->reserve();
    rows_ = {x.data(), g.data(), x.stride(), buffers.data(), buffers.stride(), pixels, labels};
  }

  double gradient(int, std::int64_t, double*) override {
    fail("a network on {} computes the gradients of all its nodes at once (this is a bug)", device_.name());
  }

  // The draws of the next step are made while the device computes.
  void gradients(std::int64_t step, ThreadPool& pool, std::span<double> loss, double* data_s) override {
    const double start = seconds();
    prepare_torch_thread_once();
    set_libraries(plan_.precision, where_);
    batches_->draw(step, pool);
    guarded([&] { batches_->write(); });
    if (data_s) *data_s = seconds() - start;
    guarded([&] { replicas_->gradients(rows_); });
    batches_->draw(step + 1, pool);
    guarded([&] { replicas_->losses(loss); });
  }

  // Evaluations run one at a time for all threads, because one keeps the device busy. They compute in float32, or in tf32 if the run does.
  void evaluate_batch(std::span<const float> model, std::span<const float> buffers, Split split, int batch, int, std::span<double> sums) override {
    const std::lock_guard one_at_a_time(evaluating_);
    prepare_torch_thread_once();
    set_libraries(plan_.precision, where_);
    const at::NoGradGuard no_gradients;
    guarded([&] {
      const auto there = [&](std::span<const float> values) {
        return at::from_blob(const_cast<float*>(values.data()), {static_cast<std::int64_t>(values.size())}, at::kFloat).to(where_);
      };
      const auto parameters = there(model), statistics = there(buffers);
      const Batch given = batches_->evaluation(split, batch);
      const RowModel evaluated(network_, {parameters.data_ptr<float>(), statistics.data_ptr<float>(), nullptr}, where_);
      objective_.add_up(evaluated.outputs(given.inputs, false), given.targets, sums);
    });
  }

  std::vector<std::pair<std::string, std::string>> facts() const override {
    const bool tf32 = plan_.precision == "tf32";
    return {{"way", std::string(name_of(plan_.way == Way::automatic ? Way::grouped : plan_.way))},
            {"torch_device_libraries", torch_device_libraries()},
            {"determinism", fmt::format("cudnn.deterministic = true, cudnn.benchmark = false, cudnn.allow_tf32 = {}, cublas.allow_tf32 = {}, {} = {}", tf32,
                                        tf32, kWorkspace, workspace_)}};
  }

 private:
  // LibTorch's exceptions, as one sentence.
  template <class Work>
  std::invoke_result_t<const Work&> guarded(const Work& work) const {
    try {
      return work();
    } catch (const c10::OutOfMemoryError&) {
      constexpr double kGiB = 1 << 30;
      fail(
          "{} has no memory for the activations of {} nodes with {} samples each, {:.2f} GiB beside models and data{}: spread the nodes over more GPUs (ranks), or take fewer nodes or a "
          "smaller batch; xibench plan --device cuda shows what a run needs",
          device_.name(), nodes_.count, batch_size(), plan_.activation_bytes * nodes_.count / kGiB,
          plan_.run_bytes > 0 ? fmt::format("; the run needs {:.2f} GiB in all", plan_.run_bytes / kGiB) : "");
    } catch (const c10::Error& error) {
      const std::string why = error.what_without_backtrace();
      fail("LibTorch on {}: {}", device_.name(), why.substr(0, why.find('\n')));
    }
  }

  NodeBlock nodes_;
  Device& device_;
  DevicePlan plan_;
  at::Device where_;
  std::string workspace_;
  std::unique_ptr<DeviceBatches> batches_;
  std::unique_ptr<Replicas> replicas_;
  ReplicaRows rows_{};
  std::mutex evaluating_;
};

}  // namespace

std::unique_ptr<Task> make_torch_device_task(std::shared_ptr<const Dataset> dataset, const Network& network, const TrainingOptions& options,
                                             const NodeLayout& layout, const DevicePlan& plan) {
  auto samples = std::make_unique<const ImageSamples>(std::move(dataset), options, layout);
  const auto batches = [&images = *samples, nodes = layout.mine()](Device& device) { return make_device_image_batches(images, nodes, device); };
  return std::make_unique<TorchDeviceTask>(network, std::move(samples), batches, cross_entropy(), options.seed, layout.mine(), plan);
}

}  // namespace xib
