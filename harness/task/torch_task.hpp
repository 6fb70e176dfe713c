#pragma once

#include "datasets/dataset.hpp"
#include "harness/task/models/network.hpp"
#include "harness/task/samples.hpp"
#include "harness/task/way.hpp"

#include <memory>

namespace xib {

// Classification of images by a network with LibTorch on the CPU. The parameter tensors of a node are views of its row of x, their gradients views of its row
// of g, BatchNorm's running statistics views of its row of the buffers. A call uses one thread; see use_one_torch_thread() for what changes in the process.
// `workers` evaluations may run side by side.
std::unique_ptr<Task> make_torch_task(std::shared_ptr<const Dataset> dataset, const Network& network, const TrainingOptions& options, const NodeLayout& layout,
                                      int workers);

// The same on a device. The device holds the data set as bytes, makes the images, and also computes evaluations, one at a time. If LibTorch computes on the CPU
// (the stand-in of the tests), `graph` and `nodes` have the bits of make_torch_task() on any number of ranks.
struct DevicePlan {
  Device* device = nullptr;
  Way way = Way::automatic;
  std::string precision = "float32";  // tf32, bfloat16: of convolutions and products; norms, losses and sums of gradients stay float32
  double activation_bytes = 0;        // per node, for the message when memory runs out
  double run_bytes = 0;               // of the whole run, for the same message; 0: not known
};
std::unique_ptr<Task> make_torch_device_task(std::shared_ptr<const Dataset> dataset, const Network& network, const TrainingOptions& options,
                                             const NodeLayout& layout, const DevicePlan& plan);

// Reason why the LibTorch of this build does not compute on a GPU, with the remedy; "" if it does. Does not touch a GPU.
std::string torch_device_problem();

// Settings of a thread before it computes, for on_start of a ThreadPool: one intra-op thread, denormals flushed. Tasks also do this when they are first called
// on a thread.
void prepare_torch_thread();
void prepare_torch_thread_once();
// Settings of the process: LibTorch and OpenBLAS use one thread per calling thread, and malloc keeps freed memory.
void use_one_torch_thread();

}  // namespace xib
