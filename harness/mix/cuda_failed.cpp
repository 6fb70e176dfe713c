#include "harness/core/check.hpp"
#include "harness/mix/gpu_need.hpp"

#include <cuda_runtime_api.h>

#include <atomic>

namespace xib {

[[noreturn]] void cuda_failed(cudaError_t code, const char* call);
[[noreturn]] void cuda_out_of_memory(const char* device, std::size_t asked, std::size_t left, std::size_t all);

namespace {
std::atomic<double> run_needs = 0;
}

// A GPU that cannot be used is the user's to change (exit status 2); one that failed at work is not.
void cuda_failed(cudaError_t code, const char* call) {
  const char* const why = cudaGetErrorString(code);
  switch (code) {
    case cudaErrorNoDevice:
    case cudaErrorInsufficientDriver:
    case cudaErrorStubLibrary:
    case cudaErrorSystemDriverMismatch:
    case cudaErrorCompatNotSupportedOnDevice:
      refuse(Key{"train.device"},
             "this host has no GPU that CUDA {} can use ({}): install a driver that is new enough, use a host that has one, or use --device cpu",
             CUDART_VERSION / 1000, why);
    case cudaErrorDevicesUnavailable:
      refuse(Key{"train.device"},
             "another process uses the GPU in exclusive mode ({}): end that process, or choose another GPU with CUDA_VISIBLE_DEVICES or --device cuda:K", why);
    case cudaErrorSystemNotReady:
      refuse(
          Key{"train.device"},
          "the GPUs of this host are not ready ({}): if NVSwitch connects them, the service nvidia-fabricmanager must run; start it, use another host, or use --device cpu",
          why);
    case cudaErrorNoKernelImageForDevice:
      refuse(
          Key{"train.device"},
          "this build has no kernels for this card ({}): configure with -DCMAKE_CUDA_ARCHITECTURES= of its compute capability, which nvidia-smi --query-gpu=compute_cap prints "
          "(90 for 9.0), or use --device cpu",
          why);
    default:
      fail("CUDA: {}: {}", call, why);
  }
}

void cuda_out_of_memory(const char* device, std::size_t asked, std::size_t left, std::size_t all) {
  const auto gib = [](std::size_t bytes) { return static_cast<double>(bytes) / (1 << 30); };
  const double needed = run_needs.load();
  fail(
      "{} has no memory for {:.2f} GiB more ({:.2f} of {:.2f} GiB are free){}: spread its nodes over more GPUs (ranks), or take fewer nodes; xibench plan --device cuda shows "
      "what a run needs",
      device, gib(asked), gib(left), gib(all), needed > 0 ? fmt::format("; the run needs {:.2f} GiB in all", needed / (1 << 30)) : "");
}

void run_needs_gpu_bytes(double bytes) { run_needs = bytes; }

}  // namespace xib
