#pragma once

#include <cuda_runtime_api.h>

#include <functional>

// What the stand-ins for the CUDA runtime and NCCL tell each other and the tests. tests/stand_in/README.md says how they behave.
namespace stand_in {

void enqueue(cudaStream_t stream, std::function<void()> work);
bool is_device(const void* address);                // inside memory that cudaMalloc gave and cudaFree has not taken
bool is_forgotten(const char* call);                // XB_STAND_IN_FORGET names this call: it does nothing and says that it succeeded
long number(const char* variable, long otherwise);  // of the environment

}  // namespace stand_in
