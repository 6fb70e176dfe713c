#include "harness/core/check.hpp"

#include <cuda_runtime_api.h>

namespace xib {

[[noreturn]] void cuda_failed(cudaError_t code, const char* call);
[[noreturn]] void cuda_out_of_memory(const char* device, std::size_t asked, std::size_t left, std::size_t all);

// A GPU that cannot be used is the user's to change (exit status 2); one that failed at work is not.
void cuda_failed(cudaError_t code, const char* call) {
  const char* const why = cudaGetErrorString(code);
  switch (code) {
    case cudaErrorNoDevice:
    case cudaErrorInsufficientDriver:
    case cudaErrorStubLibrary:
      refuse("train.device: this host has no GPU that CUDA {} can use ({}): install a driver that is as new, go to a host that has one, or use --device cpu",
             CUDART_VERSION / 1000, why);
    case cudaErrorDevicesUnavailable:
      refuse("train.device: the GPU is taken ({}: another process has it in exclusive mode): end that one, or choose another with CUDA_VISIBLE_DEVICES or --device cuda:K", why);
    default:
      fail("CUDA: {}: {}", call, why);
  }
}

void cuda_out_of_memory(const char* device, std::size_t asked, std::size_t left, std::size_t all) {
  const auto gib = [](std::size_t bytes) { return static_cast<double>(bytes) / (1 << 30); };
  fail("{} has no memory for {:.2f} GiB more ({:.2f} of {:.2f} GiB are free): xibench plan --device cuda says what a run needs; spread its nodes over more GPUs "
       "(ranks), or take fewer nodes",
       device, gib(asked), gib(left), gib(all));
}

}  // namespace xib
