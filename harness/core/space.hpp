#pragma once

// Mark of functions and functors that run on the host and, if nvcc compiles them, on the device.
#ifdef __CUDACC__
#define XB_HD __host__ __device__
#else
#define XB_HD
#endif

namespace xib {

// Place of memory: host, or the device of this rank.
enum class Space { host, device };

}  // namespace xib
