#pragma once

#include "harness/task/task.hpp"

#include <memory>

namespace xib {

// Host task for models on a device: it copies the rows to the host before every step and the gradients back after it. So the gradients have the bits of the
// host; no kernel computes them. It serves the constructed problems, which are small, and tests of everything else on a device.
std::unique_ptr<Task> make_host_task_on_device(std::unique_ptr<Task> host);

}  // namespace xib
