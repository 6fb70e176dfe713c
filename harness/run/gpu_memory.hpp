#pragma once

#include "harness/sweep/run_config.hpp"

namespace xib {

// Bytes of a GPU that holds all n nodes of a run; ⌈dim⌉ is the next multiple of 16:
//   4 ⌈dim⌉ (n (2 + k) + 1)   models, gradients, k kept matrices (of optimizer and algorithm, and one under the displacement gauge), and the mean model
//   buffers of n + 1 models, at most 192 MiB of sums and tables, and the task's own memory (TaskSize::device + n TaskSize::device_node)
// With r ranks a GPU holds 1/r of the rows, batches and activations, and the whole data set. It also holds its halo, and 1/r of the columns of all nodes for
// exact measuring. The driver, cuDNN and cuBLAS take some hundred MiB to a GiB more.
double gpu_bytes(const RunConfig& config);

}  // namespace xib
