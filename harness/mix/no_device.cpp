#include "harness/core/check.hpp"
#include "harness/mix/device.hpp"
#include "harness/mix/gpu_need.hpp"

namespace xib {

std::unique_ptr<Device> make_cuda_device(int) {
  refuse(Key{"train.device"}, "this build has no CUDA: configure with -DXB_WITH_CUDA=ON on a machine with a CUDA toolkit, or use --device cpu");
}
int cuda_device_count() { return 0; }
void run_needs_gpu_bytes(double) {}
std::string cuda_version() { return ""; }

}  // namespace xib
