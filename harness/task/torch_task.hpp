#pragma once

#include "datasets/dataset.hpp"
#include "harness/task/models/network.hpp"
#include "harness/task/samples.hpp"
#include "harness/task/way.hpp"

#include <memory>

namespace xib {

// Classification of images by a network, on LibTorch's CPU. A node's parameter tensors are views of its row of x, their gradients
// of its row of g, BatchNorm's running statistics of its row of the buffers. One thread per call: at::set_num_threads(1) and
// openblas_set_num_threads(1) hold for the process from here on, and malloc keeps what is freed. `workers` evaluations may run side
// by side.
std::unique_ptr<Task> make_torch_task(std::shared_ptr<const Dataset> dataset, const Network& network, const TrainingOptions& options, const NodeLayout& layout,
                                      int workers);

// The same on a device, where the data set is kept as bytes and images are made; evaluations too are computed there, one at a time. The bits of `graph`
// and `nodes` are those of make_torch_task() where LibTorch computes on the CPU (the tests' stand-in), whatever the number of ranks.
struct DevicePlan {
  Device* device = nullptr;
  Way way = Way::automatic;
  std::string precision = "float32";  // tf32, bfloat16: of convolutions and products; norms, losses and sums of gradients stay float32
  double activation_bytes = 0;        // per node, for the message where memory ends
  double run_bytes = 0;               // of the whole run, for the same message; 0: not known
};
std::unique_ptr<Task> make_torch_device_task(std::shared_ptr<const Dataset> dataset, const Network& network, const TrainingOptions& options,
                                             const NodeLayout& layout, const DevicePlan& plan);

// Why this build's LibTorch does not compute on a GPU, with the remedy; "" where it does. Asks no GPU.
std::string torch_device_problem();

// What a thread needs before it computes, for ThreadPool's on_start: one intra-op thread, denormals flushed. The tasks also see to it by
// themselves when they are first called on a thread.
void prepare_torch_thread();
void prepare_torch_thread_once();
// Of the process: one intra-op thread of LibTorch and of OpenBLAS per thread that calls them, and malloc keeps what is freed.
void use_one_torch_thread();

}  // namespace xib
