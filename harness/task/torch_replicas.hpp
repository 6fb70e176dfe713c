#pragma once

#include "harness/mix/device.hpp"
#include "harness/task/models/network.hpp"
#include "harness/task/torch_objective.hpp"
#include "harness/task/way.hpp"

#include <cstdint>
#include <memory>
#include <span>

namespace xib {

// Device memory that a pass reads and writes. Rows are `stride` floats apart, one per node.
struct ReplicaRows {
  float* models;     // nodes x dim, only read
  float* gradients;  // nodes x dim, overwritten
  std::size_t stride;
  float* buffers;  // nodes x buffer_dim: BatchNorm's running statistics, updated
  std::size_t buffer_stride;
  float* pixels;         // nodes x batch x height x width x channels, only read
  std::int64_t* labels;  // nodes x batch, only read
  bool operator==(const ReplicaRows&) const = default;
};

// Computation of the gradients of all nodes of a rank at once. Call prepare_torch_thread() on the thread first.
class Replicas {
 public:
  virtual ~Replicas() = default;
  virtual void gradients(const ReplicaRows& rows) = 0;    // starts them; on a device it does not wait
  virtual void losses(std::span<double> loss) const = 0;  // waits, and gives the mean loss of each node's batch
};

// Type of the computation. float64: rows stay float, all values in between are double (grouped only, for tests). tf32 is a setting of the libraries instead,
// see set_libraries() in torch_device_task.cpp.
enum class Arithmetic { float32, bfloat16, float64 };

struct ReplicaSetup {
  const Network& network;      // must outlive the replicas
  const Objective& objective;  // likewise
  int nodes;
  std::int64_t batch;
  Arithmetic arithmetic = Arithmetic::float32;
  const Device* device = nullptr;  // null: host memory
};

// Replicas that take one pass for all nodes: convolutions with a group per node, batched products, norms over (node, channel). The number of operations does
// not depend on the number of nodes. The sums of a node have another order than in TorchTask, so the bits differ.
std::unique_ptr<Replicas> make_grouped_replicas(const ReplicaSetup& setup);

// Replicas that take a pass per node, the same as TorchTask (torch_row_model.hpp); if LibTorch computes on the CPU, the bits are equal. With branches > 0 the
// first call records the passes, node k on branch k mod branches, and later calls replay them.
std::unique_ptr<Replicas> make_node_replicas(const ReplicaSetup& setup, int branches);

std::unique_ptr<Replicas> make_replicas(Way way, const ReplicaSetup& setup);

}  // namespace xib
