#include "harness/task/networks.hpp"

namespace xib {

extern "C" const Networks xibench_networks = {XB_VERSION, make_torch_task, make_torch_device_task, torch_device_problem};

}  // namespace xib
