#pragma once

#include "harness/mix/device.hpp"

#include <ATen/ATen.h>

#include <functional>
#include <memory>
#include <string>

// The part of LibTorch that exists only with CUDA: torch_cuda.cpp where this build's LibTorch has it, torch_no_cuda.cpp where not. Only torch_*.cpp include it.
namespace xib {

// Where LibTorch computes on what is in this device's memory. Throws Error(input) where it cannot.
at::Device torch_device(const Device& device);
inline at::Device torch_device(const Device* device) { return device ? torch_device(*device) : at::Device(at::kCPU); }

// Of the libraries that LibTorch computes with there: "cuDNN 9.10.2".
std::string torch_device_libraries();

// Work on a device that is recorded once and then done as often as wanted with one launch. It reads and writes the same memory every time.
class StepGraph {
 public:
  virtual ~StepGraph() = default;
  // body(branch) asks for a branch's work. It is called for all branches, and done, more than once (libraries choose kernels and take memory then),
  // and once more to be recorded, which does nothing. Branches may be done side by side.
  virtual void record(int branches, const std::function<void(int branch)>& body) = 0;
  virtual void replay() = 0;  // after all that was asked for before
};
std::unique_ptr<StepGraph> make_step_graph(at::Device device);

}  // namespace xib
