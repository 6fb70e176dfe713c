#pragma once

#include "harness/task/samples.hpp"
#include "harness/task/torch_row_model.hpp"

namespace xib {

// Where a network's batches come from in host memory. Only torch_*.cpp include it.
class Batches {
 public:
  virtual ~Batches() = default;
  // Of a local node. Valid until its next one; thread-safe for distinct nodes.
  virtual Batch training(int local, std::int64_t step) = 0;
  // Valid until the worker's next one; thread-safe for distinct workers.
  virtual Batch evaluation(Split split, int batch, int worker) = 0;
};

std::unique_ptr<Batches> make_image_batches(const ImageSamples& samples, const NodeBlock& nodes, int workers);

}  // namespace xib
