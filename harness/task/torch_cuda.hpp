#pragma once

#include "harness/mix/device.hpp"

#include <ATen/ATen.h>

#include <functional>
#include <memory>
#include <string>

// The part of LibTorch that exists only with CUDA: torch_cuda.cpp where this build's LibTorch has it, torch_no_cuda.cpp where not. Only torch_*.cpp include it.
namespace xib {

// LibTorch's name of this device. Throws Error(input) if LibTorch cannot compute there.
at::Device torch_device(const Device& device);
inline at::Device torch_device(const Device* device) { return device ? torch_device(*device) : at::Device(at::kCPU); }

// Versions of the libraries with which LibTorch computes on a GPU: "cuDNN 9.10.2".
std::string torch_device_libraries();

// Work on a device that is recorded once and then repeated with one launch each time. It reads and writes the same memory every time.
class StepGraph {
 public:
  virtual ~StepGraph() = default;
  // body(branch) starts the work of a branch. All branches are first run a few times, while libraries choose kernels and take memory, and are then recorded
  // once, which runs nothing. Branches may run side by side.
  virtual void record(int branches, const std::function<void(int branch)>& body) = 0;
  virtual void replay() = 0;  // runs after all work that was started before
};
std::unique_ptr<StepGraph> make_step_graph(at::Device device);

}  // namespace xib
