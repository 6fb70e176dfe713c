#pragma once

#include "harness/task/samples.hpp"
#include "harness/task/torch_row_model.hpp"

namespace xib {

// Source of a network's batches in host memory. Only torch_*.cpp include it.
class Batches {
 public:
  virtual ~Batches() = default;
  // Training batch of a local node. Valid until the next one of this node; thread-safe for distinct nodes.
  virtual Batch training(int local, std::int64_t step) = 0;
  // Evaluation batch. Valid until the next one of this worker; thread-safe for distinct workers.
  virtual Batch evaluation(Split split, int batch, int worker) = 0;
};

std::unique_ptr<Batches> make_image_batches(const ImageSamples& samples, const NodeBlock& nodes, int workers);

}  // namespace xib
