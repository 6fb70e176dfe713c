#pragma once

#include "datasets/dataset.hpp"
#include "harness/core/term.hpp"
#include "harness/task/models/network.hpp"
#include "harness/task/task.hpp"

#include <memory>

namespace xib {

inline constexpr std::int64_t kEvaluationBatch = 500;  // images; part of the science, as losses are summed batch by batch

struct TorchTaskOptions {
  Term partition{"iid", {}};
  std::int64_t batch_size = 32;
  bool augment = false;
  std::uint64_t seed = 1;
};

// Classification of images by a network, on LibTorch's CPU. A node's parameter tensors are views of its row of x, their gradients
// of its row of g, BatchNorm's running statistics of its row of the buffers. One thread per call: at::set_num_threads(1) and
// openblas_set_num_threads(1) hold for the process from here on, and malloc keeps what is freed. `workers` evaluations may run side
// by side.
std::unique_ptr<Task> make_torch_task(std::shared_ptr<const Dataset> dataset, const Network& network, const TorchTaskOptions& options,
                                      const NodeLayout& layout, int workers);

// What a thread needs before it computes, for ThreadPool's on_start: one intra-op thread, denormals flushed. The task also sees to
// it by itself when it is first called on a thread.
void prepare_torch_thread();

}  // namespace xib
