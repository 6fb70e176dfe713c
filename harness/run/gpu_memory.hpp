#pragma once

#include "harness/sweep/run_config.hpp"

namespace xib {

// Bytes of a GPU that holds all nodes of a run: 4 · ⌈dim⌉ · n · (2 + momentum + what the algorithm keeps + one for the displacement gauge), buffers of
// the model, the mean, and 192 MiB of sums and tables at most. With r ranks a GPU has about 1/r of the rows, its halo, and as much again for exact
// measuring (columns of all nodes, 1/r of them). ⌈dim⌉ is the next multiple of 16. The driver's own some hundred MiB come on top.
double gpu_bytes(const RunConfig& config);

}  // namespace xib
