#pragma once

// Functions and functors whose bodies run on the host and, where nvcc compiles them, on the device.
#ifdef __CUDACC__
#define XB_HD __host__ __device__
#else
#define XB_HD
#endif

namespace xib {

// Where memory is that is not said to be anywhere else.
enum class Space { host, device };

}  // namespace xib
