#include "harness/mix/device.hpp"
#include "harness/mix/kernels.hpp"
#include "harness/mix/launch.cuh"

#include <cstring>
#include <string>
#include <vector>

namespace xib {

[[noreturn]] void cuda_out_of_memory(const char* device, std::size_t asked, std::size_t left, std::size_t all);  // cuda_failed.cpp

namespace {

constexpr cudaStream_t kStream = nullptr;                   // the legacy default stream: others that are not non-blocking wait for it
constexpr std::size_t kChunkBytes = std::size_t{64} << 20;  // of tiles' numbers at once

// Device memory that is grown and not initialised.
class Buffer final : public Spill {
 public:
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() override { cudaFree(memory_); }
  void* reserve(std::size_t bytes) override {
    if (bytes <= size_) return memory_;
    cudaFree(memory_);  // waits for who uses it
    memory_ = nullptr;
    size_ = 0;
    memory_ = allocate(bytes);
    size_ = bytes;
    return memory_;
  }
  static void* allocate(std::size_t bytes) {
    void* memory = nullptr;
    const cudaError_t code = cudaMalloc(&memory, bytes);
    if (code == cudaErrorMemoryAllocation) out_of_memory(bytes);
    check_cuda(code, "cudaMalloc");
    return memory;
  }

 private:
  [[noreturn]] static void out_of_memory(std::size_t bytes) {
    cudaGetLastError();  // it would be told again by the next call
    std::size_t left = 0, all = 0;
    int number = 0;
    cudaGetDevice(&number);
    cudaMemGetInfo(&left, &all);
    cuda_out_of_memory(("cuda:" + std::to_string(number)).c_str(), bytes, left, all);
  }
  void* memory_ = nullptr;
  std::size_t size_ = 0;
};

// Small tables that kernels read, gathered on the host and copied at once, where they differ from those of the call before.
class Tables {
 public:
  template <class T>
  std::size_t add(const T* values, std::size_t count) {
    bytes_.resize((bytes_.size() + 15) / 16 * 16);
    const std::size_t at = bytes_.size();
    bytes_.resize(at + count * sizeof(T));
    if (count > 0) std::memcpy(bytes_.data() + at, values, count * sizeof(T));
    return at;
  }
  template <class T>
  void put(std::size_t at, const T* values, std::size_t count) {  // in place of what was added there
    std::memcpy(bytes_.data() + at, values, count * sizeof(T));
  }
  // Address of the tables on the device, after all of them were added.
  char* reserve() {
    char* const memory = static_cast<char*>(buffer_.reserve(bytes_.size() + 64));
    if (memory != memory_) there_.clear();
    return memory_ = memory;
  }
  void send() {
    if (bytes_ != there_) {
      check_cuda(cudaMemcpyAsync(memory_, bytes_.data(), bytes_.size(), cudaMemcpyDefault, kStream), "cudaMemcpyAsync");
      check_cuda(cudaStreamSynchronize(kStream), "cudaStreamSynchronize");
      there_ = bytes_;
    }
    bytes_.clear();
  }

 private:
  std::vector<char> bytes_, there_;
  char* memory_ = nullptr;
  Buffer buffer_;
};

class Cuda final : public Device {
 public:
  explicit Cuda(int number) : number_(number) {
    check_cuda(cudaSetDevice(number), "cudaSetDevice");
    check_cuda(cudaFree(nullptr), "starting to use the GPU");
    check_cuda(cudaGetDeviceProperties(&properties_, number), "cudaGetDeviceProperties");
  }

  std::string name() const override { return "cuda:" + std::to_string(number_); }
  std::string description() const override {
    int driver = 0;
    cudaDriverGetVersion(&driver);
    const auto version = [](int v) { return std::to_string(v / 1000) + "." + std::to_string(v % 1000 / 10); };
    return name() + ", " + properties_.name + ", " + std::to_string(properties_.totalGlobalMem >> 20) + " MiB, compute capability " +
           std::to_string(properties_.major) + "." + std::to_string(properties_.minor) + ", driver for CUDA " + version(driver) + ", runtime " +
           version(CUDART_VERSION);
  }

  void* allocate(std::size_t bytes) override {
    void* const memory = Buffer::allocate(bytes);
    check_cuda(cudaMemsetAsync(memory, 0, bytes, kStream), "cudaMemsetAsync");
    return memory;
  }
  void release(void* memory) noexcept override { cudaFree(memory); }
  void* allocate_pinned(std::size_t bytes) override {
    void* memory = nullptr;
    check_cuda(cudaHostAlloc(&memory, bytes, cudaHostAllocDefault), "cudaHostAlloc");
    return memory;
  }
  void release_pinned(void* memory) noexcept override { cudaFreeHost(memory); }

  void copy(void* to, const void* from, std::size_t bytes) override {
    if (bytes == 0) return;
    check_cuda(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, kStream), "cudaMemcpyAsync");
    settle();
  }
  void copy_pieces(void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch, std::size_t width, std::size_t rows) override {
    if (width == 0 || rows == 0) return;
    check_cuda(cudaMemcpy2DAsync(to, to_pitch, from, from_pitch, width, rows, cudaMemcpyDefault, kStream), "cudaMemcpy2DAsync");
    settle();
  }
  void settle() override { check_cuda(cudaStreamSynchronize(kStream), "work on the GPU"); }

  void mix(const MixPass& pass) override {
    const std::size_t q = pass.rounds.size();
    std::vector<kernels::Round> plan(q);
    std::vector<std::size_t> first, terms;
    const std::size_t plan_at = tables_.add(plan.data(), q);
    for (const auto& round : pass.rounds) {
      first.push_back(tables_.add(round.first.data(), round.first.size()));
      terms.push_back(tables_.add(round.terms.data(), round.terms.size()));
    }
    char* const there = tables_.reserve();
    for (std::size_t k = 0; k < q; ++k) plan[k] = {reinterpret_cast<const int*>(there + first[k]), reinterpret_cast<const MixTerm*>(there + terms[k])};
    tables_.put(plan_at, plan.data(), q);
    tables_.send();
    const std::size_t count = pass.moved.size(), blocks = (pass.dim + kernels::kBlock - 1) / kernels::kBlock;
    float* const moved = count ? static_cast<float*>(work_.reserve(count * pass.stride * sizeof(float))) : nullptr;
    launch_with_scratch(kStream, static_cast<std::int64_t>(pass.dim),
                        kernels::MixColumn{pass.x, pass.halo, pass.stride, pass.count, pass.halo_count, static_cast<int>(q), pass.strength,
                                           reinterpret_cast<const kernels::Round*>(there + plan_at), moved},
                        spill_);
    if (!count) return;
    auto* const of_blocks = static_cast<double*>(more_work_.reserve((blocks + 1) * count * sizeof(double)));
    launch(kStream, static_cast<std::int64_t>(count * blocks), kernels::BlockNorm{moved, pass.stride, pass.dim, blocks, of_blocks});
    launch(kStream, static_cast<std::int64_t>(count), kernels::SumRow{of_blocks, blocks, of_blocks + count * blocks});
    copy(pass.moved.data(), of_blocks + count * blocks, count * sizeof(double));
  }

  void moments(const MomentsPass& pass) override {
    const auto n = static_cast<int>(pass.rows.size());
    const int slices = static_cast<int>(pass.bounds.size()) - 1;
    const std::size_t alone = pass.rows.size() + 1, width = pass.numbers.size() / static_cast<std::size_t>(slices);
    std::vector<std::int64_t> first{0};
    for (int s = 0; s < slices; ++s) {
      const auto at = static_cast<std::size_t>(s);
      first.push_back(first.back() + static_cast<std::int64_t>((pass.bounds[at + 1] - pass.bounds[at] + kernels::kTile - 1) / kernels::kTile));
    }
    const std::size_t rows_at = tables_.add(pass.rows.data(), pass.rows.size()), bounds_at = tables_.add(pass.bounds.data(), pass.bounds.size()),
                      first_at = tables_.add(first.data(), first.size());
    char* const there = tables_.reserve();
    tables_.send();
    const auto rows = reinterpret_cast<const float* const*>(there + rows_at);
    const kernels::Tiles tiles{reinterpret_cast<const std::size_t*>(there + bounds_at), reinterpret_cast<const std::int64_t*>(there + first_at), slices};
    auto* const numbers = static_cast<double*>(result_.reserve(pass.numbers.size_bytes()));
    check_cuda(cudaMemsetAsync(numbers, 0, pass.numbers.size_bytes(), kStream), "cudaMemsetAsync");

    const std::size_t each = sizeof(double) * (pass.gram ? kernels::kTile * alone + width : kernels::kLanes * alone);  // bytes of a tile
    const auto together = static_cast<std::int64_t>(kChunkBytes / each + 1);
    for (std::int64_t begin = 0; begin < first.back(); begin += together) {
      const std::int64_t end = begin + together < first.back() ? begin + together : first.back(), count = end - begin;
      auto* of_tiles = static_cast<double*>(work_.reserve(static_cast<std::size_t>(count) * each));
      if (pass.gram) {
        double* const deviations = of_tiles;
        of_tiles += static_cast<std::size_t>(count) * kernels::kTile * alone;
        launch(kStream, count * static_cast<std::int64_t>(kernels::kTile), kernels::Deviate{rows, n, tiles, begin, deviations});
        launch(kStream, count * static_cast<std::int64_t>(width), kernels::TileDot{deviations, n, of_tiles});
      } else {
        launch_with_scratch(kStream, count * static_cast<std::int64_t>(kernels::kLanes), kernels::TileLane{rows, n, tiles, begin, of_tiles}, spill_);
      }
      launch(kStream, static_cast<std::int64_t>(pass.numbers.size()),
             kernels::SumTiles{of_tiles, width, pass.gram ? 1 : kernels::kLanes, tiles, begin, end, numbers});
    }
    copy(pass.numbers.data(), numbers, pass.numbers.size_bytes());
  }

  void mean(std::span<const float* const> rows, std::size_t begin, std::size_t end, float* mean) override {
    const std::size_t at = tables_.add(rows.data(), rows.size());
    char* const there = tables_.reserve();
    tables_.send();
    launch(kStream, static_cast<std::int64_t>(end - begin),
           kernels::MeanColumn{reinterpret_cast<const float* const*>(there + at), static_cast<int>(rows.size()), begin, mean});
  }

  void fill_rows(float* x, std::size_t stride, std::size_t dim, int count, const float* row) override {
    launch(kStream, static_cast<std::int64_t>(dim) * count, kernels::FillRows{x, stride, dim, row});
  }

  void row_norms(const float* x, std::size_t stride, std::size_t dim, std::span<double> norms) override {
    const auto count = static_cast<std::int64_t>(norms.size());
    auto* const out = static_cast<double*>(result_.reserve(norms.size_bytes() * (kernels::kLanes + 1)));
    double* const lanes = out + norms.size();
    launch(kStream, count * static_cast<std::int64_t>(kernels::kLanes), kernels::NormLane{x, stride, dim, lanes});
    launch(kStream, count, kernels::FoldLanes{lanes, out});
    copy(norms.data(), out, norms.size_bytes());
  }

  void sketch(const SketchPass& pass) override {
    const std::size_t first_at = tables_.add(pass.first_run.data(), pass.first_run.size()), signs_at = tables_.add(pass.signs.data(), pass.signs.size()),
                      rotation_at = tables_.add(pass.rotation.data(), pass.rotation.size());
    char* const there = tables_.reserve();
    tables_.send();
    auto* const parts = static_cast<double*>(result_.reserve(pass.parts.size_bytes()));
    launch(kStream, static_cast<std::int64_t>(pass.parts.size()),
           kernels::SketchBucket{pass.x, pass.stride, pass.dim, static_cast<std::size_t>(pass.count), static_cast<std::size_t>(pass.buckets),
                                 reinterpret_cast<const std::size_t*>(there + first_at), reinterpret_cast<const std::uint32_t*>(there + signs_at),
                                 reinterpret_cast<const std::uint32_t*>(there + rotation_at), parts});
    copy(pass.parts.data(), parts, pass.parts.size_bytes());
  }

 private:
  int number_;
  cudaDeviceProp properties_{};
  Tables tables_;
  Buffer work_, more_work_, result_, spill_;
};

}  // namespace

std::unique_ptr<Device> make_cuda_device(int number) { return std::make_unique<Cuda>(number); }

int cuda_device_count() {
  int count = 0;
  check_cuda(cudaGetDeviceCount(&count), "cudaGetDeviceCount");
  return count;
}

std::string cuda_version() { return std::to_string(CUDART_VERSION / 1000) + "." + std::to_string(CUDART_VERSION % 1000 / 10); }

}  // namespace xib
