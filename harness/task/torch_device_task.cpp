#include "harness/core/check.hpp"
#include "harness/task/image_task.hpp"
#include "harness/task/torch_cuda.hpp"
#include "harness/task/torch_images.hpp"
#include "harness/task/torch_network.hpp"
#include "harness/task/torch_replicas.hpp"

#include <c10/util/Exception.h>

#include <chrono>
#include <cstdlib>
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
  require(value == ":4096:8" || value == ":16:8", "{}: with {} sums of cuBLAS need not come out the same twice: unset it, or take :4096:8 or :16:8", kWorkspace,
          value);
  return value;
}

// NVIDIA's libraries read it, too, and it has the last word: 0 takes tf32 away from who asked for it, another value may give it to who did not.
void check_tf32_override(const std::string& precision) {
  const char* const value = std::getenv("NVIDIA_TF32_OVERRIDE");
  require(!value || (std::string(value) == "0" && precision != "tf32"),
          "NVIDIA_TF32_OVERRIDE: with {} cuBLAS and cuDNN do not compute as [train] precision = '{}' says: unset it", value ? value : "", precision);
}

// Of the process, so they are said before every use: the same bits from run to run on the same card, libraries, ranks and way, and the arithmetic of
// `precision`. LibTorch alone would take tf32 for convolutions. In host memory, where the tests' stand-in computes, oneDNN has bfloat16 on some CPUs only.
void set_libraries(const std::string& precision, const at::Device& where) {
  auto& context = at::globalContext();
  context.setDeterministicCuDNN(true);
  context.setBenchmarkCuDNN(false);
  context.setAllowTF32CuDNN(precision == "tf32");
  context.setAllowTF32CuBLAS(precision == "tf32");
  if (where.is_cpu()) context.setUserEnabledMkldnn(precision != "bfloat16");
}

class TorchDeviceTask final : public ImageTask {
 public:
  TorchDeviceTask(std::shared_ptr<const Dataset> dataset, const Network& network, const TorchTaskOptions& options, const NodeLayout& layout,
                  const DevicePlan& plan)
      : ImageTask(std::move(dataset), network, options, layout),
        device_(*plan.device),
        plan_(plan),
        where_(torch_device(device_)),
        workspace_(cublas_workspace()) {
    check_tf32_override(plan_.precision);
    use_one_torch_thread();
    set_libraries(plan_.precision, where_);
    guarded([&] {
      const BatchWriter writer(*dataset_);
      for (const Split split : {Split::train, Split::validation, Split::test})
        images_.push_back(std::make_unique<DeviceImages>(images_of(split), writer.table(), &device_));
      replicas_ = make_replicas(plan_.way, {.network = network_,
                                            .nodes = count(),
                                            .batch = options_.batch_size,
                                            .arithmetic = plan_.precision == "bfloat16" ? Arithmetic::bfloat16 : Arithmetic::float32,
                                            .device = &device_});
    });
  }

  Space space() const override { return Space::device; }

  void bind(NodeMatrix& x, NodeMatrix& g, NodeMatrix& buffers) override {
    const std::size_t images = static_cast<std::size_t>(count()) * batch();
    float* const pixels = pixels_.reserve(device_, images * dataset_->train.shape.pixels());
    rows_ = {x.data(), g.data(), x.stride(), buffers.data(), buffers.stride(), pixels, labels_.reserve(device_, images)};
    drawn_here_.reserve(device_, images * kNumbers);
    drawn_there_.reserve(device_, images * kNumbers);
    drawn_for_ = -1;
  }

  double gradient(int, std::int64_t, double*) override {
    fail("a network on {} computes the gradients of all its nodes at once (this is a bug)", device_.name());
  }

  // The draws of the next step are made while the device computes.
  void gradients(std::int64_t step, ThreadPool& pool, std::span<double> loss, double* data_s) override {
    const double start = seconds();
    prepare_torch_thread_once();
    set_libraries(plan_.precision, where_);
    if (drawn_for_ != step) draw(step, pool);
    guarded([&] {
      device_.copy(drawn_there_.data(), drawn_here_.data(), static_cast<std::size_t>(count()) * batch() * kNumbers * sizeof(std::int64_t));
      write_batch();
    });
    if (data_s) *data_s = seconds() - start;
    guarded([&] { replicas_->gradients(rows_); });
    draw(step + 1, pool);
    guarded([&] { replicas_->losses(loss); });
  }

  // One at a time, whichever thread asks: the device is busy with one. In float32, or in tf32 where that is asked for.
  void evaluate_batch(std::span<const float> model, std::span<const float> buffers, Split split, int batch, int, std::span<double> sums) override {
    const std::lock_guard one_at_a_time(evaluating_);
    prepare_torch_thread_once();
    set_libraries(plan_.precision, where_);
    const at::NoGradGuard no_gradients;
    guarded([&] {
      const auto there = [&](std::span<const float> values) {
        return at::from_blob(const_cast<float*>(values.data()), {static_cast<std::int64_t>(values.size())}, at::kFloat).to(where_);
      };
      const Stretch chosen = stretch(split, batch);
      const auto parameters = there(model), statistics = there(buffers);
      const auto input = images_of_device(split).images({.index = at::arange(chosen.first, chosen.first + chosen.count, whole_numbers()), .moves = {}});
      const auto logits =
          forward(network_, parameter_views(network_, parameters.data_ptr<float>(), where_), statistics_views(network_, statistics.data_ptr<float>(), where_),
                  image_views(network_, input.data_ptr<float>(), chosen.count, where_), false);
      put(add_up(logits.to(at::kCPU), labels_of(split, chosen)), sums);
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
  static constexpr std::size_t kNumbers = 4;  // that say which image, and how it is changed: its place, then dy, dx, mirrored

  int count() const { return layout_.mine().count; }
  std::size_t batch() const { return static_cast<std::size_t>(options_.batch_size); }
  at::TensorOptions whole_numbers() const { return at::TensorOptions().dtype(at::kLong).device(where_); }
  const DeviceImages& images_of_device(Split split) const { return *images_[static_cast<std::size_t>(split)]; }

  void draw(std::int64_t step, ThreadPool& pool) {
    std::int64_t* const numbers = drawn_here_.data();
    pool.for_each(count(), [&](std::int64_t k, int) {
      const int node = layout_.mine().first + static_cast<int>(k);
      const auto indices = sampler_.batch(node, step);
      std::vector<Augmentation> moves(options_.augment ? batch() : 0);
      draw_augmentations(options_.seed, node, step, moves);
      for (std::size_t j = 0; j < batch(); ++j) {
        std::int64_t* const mine = numbers + (static_cast<std::size_t>(k) * batch() + j) * kNumbers;
        mine[0] = indices[j];
        if (options_.augment) mine[1] = moves[j].dy, mine[2] = moves[j].dx, mine[3] = moves[j].flip;
      }
    });
    drawn_for_ = step;
  }

  void write_batch() {
    const at::NoGradGuard no_gradients;
    const auto images = static_cast<std::int64_t>(count()) * options_.batch_size;
    const auto drawn = at::from_blob(drawn_there_.data(), {images, static_cast<std::int64_t>(kNumbers)}, whole_numbers());
    DeviceImages::Choice choice{.index = drawn.select(1, 0), .moves = {}};
    if (options_.augment) choice.moves = drawn.narrow(1, 1, 3);
    const DeviceImages& set = images_of_device(Split::train);
    const auto pixels = set.images(choice);
    at::from_blob(rows_.pixels, pixels.sizes(), at::TensorOptions().dtype(at::kFloat).device(where_)).copy_(pixels);
    at::from_blob(rows_.labels, {images}, whole_numbers()).copy_(set.labels(choice));
  }

  // LibTorch's exceptions, as one sentence.
  template <class Work>
  std::invoke_result_t<const Work&> guarded(const Work& work) const {
    try {
      return work();
    } catch (const c10::OutOfMemoryError&) {
      constexpr double kGiB = 1 << 30;
      fail(
          "{} has no memory for the activations of {} nodes with {} images each, {:.2f} GiB beside models and data{}: spread the nodes over more GPUs (ranks), or take fewer nodes or a "
          "smaller batch; xibench plan --device cuda says beforehand what a run needs",
          device_.name(), count(), options_.batch_size, plan_.activation_bytes * count() / kGiB,
          plan_.run_bytes > 0 ? fmt::format("; the run needs {:.2f} GiB in all", plan_.run_bytes / kGiB) : "");
    } catch (const c10::Error& error) {
      const std::string why = error.what_without_backtrace();
      fail("LibTorch on {}: {}", device_.name(), why.substr(0, why.find('\n')));
    }
  }

  Device& device_;
  DevicePlan plan_;
  at::Device where_;
  std::string workspace_;
  std::vector<std::unique_ptr<DeviceImages>> images_;  // by Split
  std::unique_ptr<Replicas> replicas_;
  DeviceArray<float> pixels_;
  DeviceArray<std::int64_t> labels_, drawn_there_;
  PinnedArray<std::int64_t> drawn_here_;
  std::int64_t drawn_for_ = -1;  // the step
  ReplicaRows rows_{};
  std::mutex evaluating_;
};

}  // namespace

std::unique_ptr<Task> make_torch_device_task(std::shared_ptr<const Dataset> dataset, const Network& network, const TorchTaskOptions& options,
                                             const NodeLayout& layout, const DevicePlan& plan) {
  return std::make_unique<TorchDeviceTask>(std::move(dataset), network, options, layout, plan);
}

}  // namespace xib
