#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/mix/device_array.hpp"

#include <span>
#include <vector>

namespace xib {

// Communicator::exchange() of rows in host memory or on a device. If they are on a device that the communicator does not reach (no NCCL), they go through
// pinned host memory: a communicator for host memory never gets an address on a device, not even a CUDA-aware MPI.
class RowExchange {
 public:
  explicit RowExchange(Communicator& communicator) : communicator_(communicator) {}
  // device: the device of all data; null: host memory.
  void operator()(std::span<const Send> sends, std::span<const Receive> receives, Device* device);

 private:
  Communicator& communicator_;
  PinnedArray<float> staged_;
  std::vector<Send> sends_;
  std::vector<Receive> receives_;
};

}  // namespace xib
