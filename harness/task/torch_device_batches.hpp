#pragma once

#include "harness/core/thread_pool.hpp"
#include "harness/task/samples.hpp"
#include "harness/task/torch_row_model.hpp"

namespace xib {

// Where a network's batches come from in the memory of a device, those of all local nodes at once. Only torch_*.cpp include it.
class DeviceBatches {
 public:
  virtual ~DeviceBatches() = default;
  // Memory of the training batches: inputs and targets, one node after another. Forgets what was drawn.
  struct Place {
    float* inputs;
    std::int64_t* targets;
  };
  virtual Place reserve() = 0;
  virtual void draw(std::int64_t step, ThreadPool& pool) = 0;  // on the host; what is drawn already is not drawn again
  virtual void write() = 0;                                    // the batches of the last draw, to their place
  virtual Batch evaluation(Split split, int batch) = 0;
};

std::unique_ptr<DeviceBatches> make_device_image_batches(const ImageSamples& samples, const NodeBlock& nodes, Device& device);

}  // namespace xib
