#pragma once

#include "harness/sweep/run_config.hpp"

namespace xib {

// Bytes of a GPU that holds all nodes of a run: 4 · ⌈dim⌉ · n · (2 + momentum + what the algorithm keeps + one for the displacement gauge), buffers of
// the model, the mean, 192 MiB of sums and tables at most, and what the task has there: the data set, and n times a batch and its activations
// (TaskSize::device has the formula). With r ranks a GPU has about 1/r of the rows, its halo, as much again for exact measuring (columns of all nodes, 1/r
// of them), 1/r of the batches and activations, and the whole data set. ⌈dim⌉ is the next multiple of 16. What the driver, cuDNN and cuBLAS take for
// themselves, some hundred MiB to a GiB, comes on top.
double gpu_bytes(const RunConfig& config);

}  // namespace xib
