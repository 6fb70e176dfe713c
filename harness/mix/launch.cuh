#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

// The one place that knows whether nvcc makes a kernel of a functor, or g++ a loop (tests/stand_in). Neither this file nor others that a .cu includes use fmt,
// because nvcc 13 cannot compile the format strings of fmt 9.1.
namespace xib {

[[noreturn]] void cuda_failed(cudaError_t code, const char* call);  // cuda_failed.cpp
inline void check_cuda(cudaError_t code, const char* call) {
  if (code != cudaSuccess) cuda_failed(code, call);
}

inline constexpr std::int64_t kThreads = 256;

// Functor that needs scratch memory while it works on an index; element e of this index is scratch[e * step].
template <class Body>
concept WantsScratch = requires(const Body& body) {
  body.scratch_bytes();
};

// Device memory for the scratch of a launch that does not fit a multiprocessor's shared memory. Its owner lets it grow.
class Spill {
 public:
  virtual ~Spill() = default;
  virtual void* reserve(std::size_t bytes) = 0;
};

#ifdef __CUDACC__

template <class Body>
__global__ void each(std::int64_t count, const Body body) {
  for (std::int64_t k = blockIdx.x * std::int64_t{blockDim.x} + threadIdx.x; k < count; k += std::int64_t{gridDim.x} * blockDim.x) body(k);
}

// Every thread's scratch in shared memory, element by element of all threads: no bank conflicts, and nothing to wait for.
template <class Body>
__global__ void each_in_shared(std::int64_t count, const Body body) {
  extern __shared__ double shared[];
  auto* const scratch = reinterpret_cast<typename Body::Scratch*>(shared) + threadIdx.x;
  for (std::int64_t k = blockIdx.x * std::int64_t{blockDim.x} + threadIdx.x; k < count; k += std::int64_t{gridDim.x} * blockDim.x) body(k, scratch, blockDim.x);
}

template <class Body>
__global__ void each_in_memory(std::int64_t count, const Body body, typename Body::Scratch* spilled) {
  const std::int64_t thread = blockIdx.x * std::int64_t{blockDim.x} + threadIdx.x, threads = std::int64_t{gridDim.x} * blockDim.x;
  for (std::int64_t k = thread; k < count; k += threads) body(k, spilled + thread, static_cast<std::size_t>(threads));
}

template <class Body>
void launch(cudaStream_t stream, std::int64_t count, const Body& body) {
  if (count <= 0) return;
  const auto blocks = static_cast<unsigned>(std::min<std::int64_t>((count + kThreads - 1) / kThreads, 1 << 20));
  each<<<blocks, kThreads, 0, stream>>>(count, body);
  check_cuda(cudaPeekAtLastError(), "starting a kernel");
}

template <WantsScratch Body>
void launch_with_scratch(cudaStream_t stream, std::int64_t count, const Body& body, Spill& spill) {
  if (count <= 0) return;
  int device = 0, most = 0;
  check_cuda(cudaGetDevice(&device), "cudaGetDevice");
  check_cuda(cudaDeviceGetAttribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, device), "cudaDeviceGetAttribute");
  const std::size_t each_thread = body.scratch_bytes();
  std::int64_t threads = kThreads;
  while (threads > 32 && static_cast<std::size_t>(threads) * each_thread > static_cast<std::size_t>(most) / 2) threads /= 2;
  const std::size_t bytes = static_cast<std::size_t>(threads) * each_thread;
  const std::int64_t blocks = (count + threads - 1) / threads;
  if (bytes <= static_cast<std::size_t>(most)) {
    check_cuda(cudaFuncSetAttribute(each_in_shared<Body>, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes)), "cudaFuncSetAttribute");
    each_in_shared<<<static_cast<unsigned>(std::min<std::int64_t>(blocks, 1 << 20)), static_cast<unsigned>(threads), bytes, stream>>>(count, body);
  } else {  // some thousand rows: slower, and none is refused
    const auto few = static_cast<unsigned>(std::min<std::int64_t>(blocks, 1024));
    auto* const spilled = static_cast<typename Body::Scratch*>(spill.reserve(few * static_cast<std::size_t>(threads) * each_thread));
    each_in_memory<<<few, static_cast<unsigned>(threads), 0, stream>>>(count, body, spilled);
  }
  check_cuda(cudaPeekAtLastError(), "starting a kernel");
}

#else  // the stand-in: the same bodies on its streams, in an order that no bits may depend on, with scratch full of NaN

template <class Body, class Call>
void launch_shuffled(cudaStream_t stream, std::int64_t count, const Body& body, const Call& call) {
  struct Job {
    std::int64_t count;
    Body body;
    Call call;
  };
  check_cuda(cudaLaunchHostFunc(
                 stream,
                 [](void* data) {
                   const std::unique_ptr<Job> job(static_cast<Job*>(data));
                   std::int64_t stride = 7919;
                   while (job->count % stride == 0) stride += 2;
                   for (std::int64_t k = 0, index = job->count / 2; k < job->count; ++k, index = (index + stride) % job->count) job->call(job->body, index);
                 },
                 new Job{count, body, call}),
             "starting a kernel");
}

template <class Body>
void launch(cudaStream_t stream, std::int64_t count, const Body& body) {
  if (count > 0) launch_shuffled(stream, count, body, [](const Body& b, std::int64_t index) { b(index); });
}

template <WantsScratch Body>
void launch_with_scratch(cudaStream_t stream, std::int64_t count, const Body& body, Spill&) {
  if (count <= 0) return;
  using Scratch = typename Body::Scratch;
  constexpr std::size_t kStep = 3;
  auto scratch = std::make_shared<std::vector<Scratch>>(kStep * body.scratch_bytes() / sizeof(Scratch));
  launch_shuffled(stream, count, body, [scratch](const Body& b, std::int64_t index) {
    std::fill(scratch->begin(), scratch->end(), static_cast<Scratch>(__builtin_nanf("")));
    b(index, scratch->data() + static_cast<std::size_t>(index) % kStep, kStep);
  });
}

#endif

}  // namespace xib
