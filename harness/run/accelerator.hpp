#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/mix/device.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace xib {

// --device: what a run computes on, and which GPU a rank takes.
struct DeviceChoice {
  std::string kind;  // cpu, cuda; "": what the sweep file says
  int number = -1;   // of the GPU; -1: the rank's place on its host, modulo the GPUs that it sees
};
DeviceChoice parse_device(const std::string& flag);  // "", cpu, cuda, cuda:2; throws Error(input)

// The GPU of this rank and what reaches the GPUs of the others, for runs whose train.device is cuda. Made once per process, as a GPU's start takes
// seconds. Without NCCL the world itself is used, and models go through pinned host memory.
class Accelerator {
 public:
  // Collective. The world outlives this; timeout_s: for one exchange between GPUs.
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

// The numbers of the GPUs that processes of this host may take: the one that was chosen, or all that this process sees. Throws Error(input) where there is
// none.
std::vector<int> gpus_of_host(const DeviceChoice& choice);

// Why the GPU that this rank would take does not work: it is asked for memory, and to compute. "" where it does, or on CPU.
std::string gpu_problem(const DeviceChoice& choice);

// "" where train.device = cuda can be: this build has CUDA.
std::string cuda_problem();

}  // namespace xib
