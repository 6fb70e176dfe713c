#include "harness/core/check.hpp"
#include "harness/task/torch_cuda.hpp"
#include "harness/task/torch_task.hpp"

namespace xib {

std::string torch_device_problem() {
  return "this build's LibTorch has no CUDA, so networks are computed on the CPU only: configure with -DTorch_DIR= of one that has (of Python's torch: the folder that python3 -c "
         "\"import torch; print(torch.utils.cmake_prefix_path)\" prints, and /Torch), or use --device cpu";
}

at::Device torch_device(const Device&) { refuse(Key{"train.device"}, "{}", torch_device_problem()); }
std::string torch_device_libraries() { return ""; }
std::unique_ptr<StepGraph> make_step_graph(at::Device) { refuse(Key{"--way"}, "graph: {}", torch_device_problem()); }

}  // namespace xib
