#pragma once

#include "harness/core/thread_pool.hpp"
#include "harness/task/samples.hpp"
#include "harness/task/torch_row_model.hpp"

namespace xib {

// Source of a network's batches in device memory, for all local nodes at once. Only torch_*.cpp include it.
class DeviceBatches {
 public:
  virtual ~DeviceBatches() = default;
  // Memory of the training batches: inputs and targets, one node after another. reserve() drops batches that were drawn.
  struct Place {
    float* inputs;
    std::int64_t* targets;
  };
  virtual Place reserve() = 0;
  virtual void draw(std::int64_t step, ThreadPool& pool) = 0;  // on the host; does nothing if this step was drawn already
  virtual void write() = 0;                                    // writes the batches of the last draw to their place
  virtual Batch evaluation(Split split, int batch) = 0;
};

std::unique_ptr<DeviceBatches> make_device_image_batches(const ImageSamples& samples, const NodeBlock& nodes, Device& device);

}  // namespace xib
