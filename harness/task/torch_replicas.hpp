#pragma once

#include <cstdint>
#include <memory>

#include "harness/task/models/network.hpp"

namespace xib {

// What a pass reads and writes. Rows are `stride` floats apart, one per node.
struct ReplicaRows {
  const float* models;  // nodes x dim
  float* gradients;     // nodes x dim, overwritten
  std::size_t stride;
  float* buffers;  // nodes x buffer_dim: BatchNorm's running statistics, updated
  std::size_t buffer_stride;
  const float* pixels;         // nodes x batch x height x width x channels
  const std::int64_t* labels;  // nodes x batch
};

// Gradients of all nodes in one pass through one network: convolutions with a group per node, batched products, norms over (node, channel).
// An operation works for all nodes, so their number does not depend on the number of nodes. A node's sums have another order than in
// TorchTask, so bits differ.
class Replicas {
 public:
  virtual ~Replicas() = default;
  virtual void gradients(const ReplicaRows& rows, double* loss) = 0;  // loss: mean cross entropy of each node's batch
};

enum class Arithmetic { float32, float64 };  // float64: rows stay float, all between is double

// The network must outlive it. Call prepare_torch_thread() on the thread first.
std::unique_ptr<Replicas> make_grouped_replicas(const Network& network, int nodes, std::int64_t batch,
                                                Arithmetic arithmetic = Arithmetic::float32);

}  // namespace xib
