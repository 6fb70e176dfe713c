#pragma once

#include "harness/sweep/run_config.hpp"

#include <cstddef>

namespace xib {

// What a task takes, told without building it. Bytes are bounds from above: what is kept, and what is needed while it is made or used.
struct TaskSize {
  std::size_t dim = 0, buffer_dim = 0;  // of Task
  double shared = 0;  // bytes on every rank: the data set, or the constants of all nodes
  double node = 0;    // bytes per local node beside its rows of the node matrices: a mini-batch
  double thread = 0;  // bytes per thread: activations and their gradients, a batch of evaluation
};

// Throws Error(input) where check_task() does.
TaskSize task_size(const RunConfig& config);

}  // namespace xib
