// The one file that includes LibTorch's CUDA headers.
#include "harness/task/torch_cuda.hpp"

#include "harness/task/torch_task.hpp"

#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <vector>

namespace xib {
namespace {

constexpr int kWarmUps = 2;

class CudaStepGraph final : public StepGraph {
 public:
  explicit CudaStepGraph(at::Device device) : device_(device) {}

  // LibTorch records everything on a stream that is not the default one, and memory that is taken meanwhile belongs to the graph. Each branch keeps its
  // stream: libraries have their workspaces per stream, and take them in the warm-up.
  void record(int branches, const std::function<void(int)>& body) override {
    const c10::cuda::CUDAGuard on_device(device_);
    const auto origin = c10::cuda::getStreamFromPool(false, device_.index());
    std::vector<c10::cuda::CUDAStream> streams;
    for (int b = 0; b < branches; ++b) streams.push_back(c10::cuda::getStreamFromPool(false, device_.index()));
    c10::cuda::device_synchronize();  // what the default stream was asked for; streams of the pool do not wait for it
    {
      const c10::cuda::CUDAStreamGuard on_origin(origin);
      for (int k = 0; k < kWarmUps; ++k) fork_and_join(origin, streams, body);
      c10::cuda::device_synchronize();
      // The graph takes memory of its own, and while it is recorded LibTorch gives back none of what the warm-up left: there would have to be twice as much.
      c10::cuda::CUDACachingAllocator::emptyCache();
      graph_.capture_begin();
      try {
        fork_and_join(origin, streams, body);
      } catch (...) {
        end_failed_capture();
        throw;
      }
      graph_.capture_end();
    }
    c10::cuda::device_synchronize();
  }

  void replay() override {
    const c10::cuda::CUDAGuard on_device(device_);
    graph_.replay();  // on the current stream, the default one
  }

 private:
  static void fork_and_join(const c10::cuda::CUDAStream& origin, const std::vector<c10::cuda::CUDAStream>& streams, const std::function<void(int)>& body) {
    at::cuda::CUDAEvent begun;
    begun.record(origin);
    for (std::size_t b = 0; b < streams.size(); ++b) {
      begun.block(streams[b]);
      const c10::cuda::CUDAStreamGuard on_branch(streams[b]);
      body(static_cast<int>(b));
      at::cuda::CUDAEvent done;
      done.record(streams[b]);
      done.block(origin);
    }
  }

  void end_failed_capture() noexcept {
    try {
      graph_.capture_end();
    } catch (...) {  // it says that the capture failed, which is known
    }
  }

  at::Device device_;
  at::cuda::CUDAGraph graph_;
};

}  // namespace

std::string torch_device_problem() { return ""; }

at::Device torch_device(const Device& device) { return at::Device(device.name()); }

std::string torch_device_libraries() {
  const long version = at::detail::getCUDAHooks().versionCuDNN(), of_major = version >= 90000 ? 10000 : 1000;  // 8902 is 8.9.2, 91002 is 9.10.2
  return "cuDNN " + std::to_string(version / of_major) + "." + std::to_string(version % of_major / 100) + "." + std::to_string(version % 100);
}

std::unique_ptr<StepGraph> make_step_graph(at::Device device) { return std::make_unique<CudaStepGraph>(device); }

}  // namespace xib
