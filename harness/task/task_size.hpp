#pragma once

#include "harness/sweep/run_config.hpp"

#include <cstddef>

namespace xib {

// Resources of a task, from its configuration only. Bytes are upper bounds and include what is needed while the task is made or used.
struct TaskSize {
  std::size_t dim = 0, buffer_dim = 0;  // of Task
  double shared = 0;                    // bytes on every rank: the data set, or the constants of all nodes
  double node = 0;                      // bytes per local node, without its rows of the node matrices: a mini-batch
  double thread = 0;                    // bytes per thread: activations and their gradients, a batch of evaluation
  // On a device: bytes for any number of nodes, and bytes per node, without its rows. A constructed problem has nothing there. Symbols: a floats of activations
  // per image over all layers, m in the largest layer; p pixels per image; b images per batch; D parameters; v bytes per value (2 in bfloat16, else 4).
  double device = 0;       // data set, images · (p + 8), and a batch of evaluation, 500 · (28p + 24m)
  double device_node = 0;  // a batch, b · (28p + 32); activations, v · b · (a + 4m); parameters and gradients in another order, and tables of it, 16D
  double activations = 0;  // the part of device_node that activations take
};

// Throws Error(input) if check_task() does.
TaskSize task_size(const RunConfig& config);

}  // namespace xib
