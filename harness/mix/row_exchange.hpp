#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/mix/device_array.hpp"

#include <span>
#include <vector>

namespace xib {

// Communicator::exchange() of rows wherever they live. Where they are on a device and the communicator does not reach it (no NCCL), they go through
// pinned host memory: an address of a device never comes to a communicator that takes host memory, not even to a CUDA-aware MPI.
class RowExchange {
 public:
  explicit RowExchange(Communicator& communicator) : communicator_(communicator) {}
  // device: of all data; null: host memory.
  void operator()(std::span<const Send> sends, std::span<const Receive> receives, Device* device);

 private:
  Communicator& communicator_;
  PinnedArray<float> staged_;
  std::vector<Send> sends_;
  std::vector<Receive> receives_;
};

}  // namespace xib
