#pragma once

#include "harness/mix/device.hpp"
#include "harness/task/models/network.hpp"
#include "harness/task/torch_objective.hpp"
#include "harness/task/way.hpp"

#include <cstdint>
#include <memory>
#include <span>

namespace xib {

// What a pass reads and writes, in the memory of the device. Rows are `stride` floats apart, one per node.
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

// Gradients of all nodes of a rank at once, where LibTorch computes. Call prepare_torch_thread() on the thread first.
class Replicas {
 public:
  virtual ~Replicas() = default;
  virtual void gradients(const ReplicaRows& rows) = 0;    // asks for them; on a device nothing is waited for
  virtual void losses(std::span<double> loss) const = 0;  // waits: the mean loss of each node's batch
};

// float64: rows stay float, all between is double (grouped only, for tests). tf32 is a setting of the libraries, see DeviceSettings in torch_device_task.cpp.
enum class Arithmetic { float32, bfloat16, float64 };

struct ReplicaSetup {
  const Network& network;      // outlives the replicas
  const Objective& objective;  // likewise
  int nodes;
  std::int64_t batch;
  Arithmetic arithmetic = Arithmetic::float32;
  const Device* device = nullptr;  // null: host memory
};

// One pass through one network: convolutions with a group per node, batched products, norms over (node, channel). An operation works for all nodes, so
// their number does not depend on the number of nodes. A node's sums have another order than in TorchTask, so bits differ.
std::unique_ptr<Replicas> make_grouped_replicas(const ReplicaSetup& setup);

// A pass per node, which is TorchTask's (torch_row_model.hpp): where LibTorch computes on the CPU, with its bits. With branches > 0 the passes are
// recorded when rows are first given, node k on branch k mod branches, and replayed from then on.
std::unique_ptr<Replicas> make_node_replicas(const ReplicaSetup& setup, int branches);

std::unique_ptr<Replicas> make_replicas(Way way, const ReplicaSetup& setup);

}  // namespace xib
