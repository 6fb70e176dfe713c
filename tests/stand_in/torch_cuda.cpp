#include "harness/task/torch_cuda.hpp"

#include "harness/task/torch_task.hpp"

#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>

// LibTorch for the stand-in of a GPU: its memory is host memory, so LibTorch computes there as on the CPU. Linked before the library's own.
namespace xib {
namespace {

// Like a CUDA graph, it calls the body to warm up and to record; only then is the body kept, and called in every replay.
class StandInGraph final : public StepGraph {
 public:
  void record(int branches, const std::function<void(int)>& body) override {
    for (int warm_up = 0; warm_up < 2; ++warm_up)
      for (int b = branches - 1; b >= 0; --b) body(b);  // branches have no order
    branches_ = branches;
    body_ = body;
  }
  void replay() override {
    for (int b = branches_ - 1; b >= 0; --b) body_(b);
  }

 private:
  int branches_ = 0;
  std::function<void(int)> body_;
};

// Memory for tensors, of which there is so much and no more. No `override`: LibTorch 2 has other signatures of the same functions than 1.13, and both are here.
class Limited final : public c10::Allocator {
 public:
  explicit Limited(std::size_t limit) : limit_(limit) {}
  c10::DataPtr allocate(std::size_t bytes) { return static_cast<const Limited*>(this)->allocate(bytes); }
  c10::DataPtr allocate(std::size_t bytes) const {
    if (used() + bytes > limit_) TORCH_CHECK_WITH(OutOfMemoryError, false, "CUDA out of memory. Tried to allocate ", bytes, " bytes.");
    auto* const memory = static_cast<std::size_t*>(std::aligned_alloc(kBefore, (bytes + 2 * kBefore - 1) / kBefore * kBefore));
    if (!memory) TORCH_CHECK_WITH(OutOfMemoryError, false, "the host has no memory");
    *memory = bytes;
    used() += bytes;
    void* const there = reinterpret_cast<char*>(memory) + kBefore;
    return {there, there, &release, c10::Device(c10::kCPU)};
  }
  c10::DeleterFnPtr raw_deleter() const { return &release; }
  void copy_data(void* to, const void* from, std::size_t bytes) const { std::memcpy(to, from, bytes); }

 private:
  static constexpr std::size_t kBefore = 64;  // bytes, of which the first say how many there are
  static std::atomic<std::size_t>& used() {
    static std::atomic<std::size_t> bytes{0};
    return bytes;
  }
  static void release(void* there) {
    if (!there) return;
    auto* const memory = reinterpret_cast<std::size_t*>(static_cast<char*>(there) - kBefore);
    used() -= *memory;
    std::free(memory);
  }
  std::size_t limit_;
};

const bool limited = [] {
  const char* const mib = std::getenv("XB_STAND_IN_TORCH_MIB");
  if (mib) c10::SetCPUAllocator(new Limited(std::strtoull(mib, nullptr, 10) << 20), 1);  // of another priority than LibTorch's, which may come later
  return mib != nullptr;
}();

}  // namespace

std::string torch_device_problem() { return ""; }
at::Device torch_device(const Device&) { return at::kCPU; }
std::string torch_device_libraries() { return "the CPU's, as a stand-in"; }
std::unique_ptr<StepGraph> make_step_graph(at::Device) { return std::make_unique<StandInGraph>(); }

}  // namespace xib
