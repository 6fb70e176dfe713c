#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/mix/device.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace xib {

// --device: the kind of device that a run computes on, and the GPU that a rank takes.
struct DeviceChoice {
  std::string kind;  // cpu, cuda; "": as the sweep file says
  int number = -1;   // of the GPU; -1: the rank's place on its host, modulo the GPUs that it sees
};
DeviceChoice parse_device(const std::string& flag);  // "", cpu, cuda, cuda:2; throws Error(input)

// GPU of this rank and the communicator that reaches the GPUs of other ranks, for runs with train.device = cuda. A process makes it once, because starting a
// GPU takes seconds. Without NCCL the communicator is the world itself, and models go through pinned host memory.
class Accelerator {
 public:
  // Collective. The world must outlive this object; timeout_s: for one exchange between GPUs.
  Accelerator(Communicator& world, const DeviceChoice& choice, double timeout_s);
  ~Accelerator();
  Device& device() { return *device_; }
  Communicator& communicator() { return nccl_ ? *nccl_ : world_; }
  const std::string& description() const { return description_; }  // of the GPU and of the exchange, for provenance

 private:
  Communicator& world_;
  std::unique_ptr<Device> device_;
  std::unique_ptr<Communicator> nccl_;
  std::string description_;
};

// Numbers of the GPUs that processes of this host may take: the chosen one, or all that this process sees. Throws Error(input) if there is none.
std::vector<int> gpus_of_host(const DeviceChoice& choice);

// Reason why the GPU of this rank does not work, found by allocating memory and computing on it; "" if it works, and on CPU.
std::string gpu_problem(const DeviceChoice& choice);

// Reason why train.device = cuda is impossible in this build; "" if the build has CUDA.
std::string cuda_problem();

}  // namespace xib
