#pragma once

#include "harness/task/task.hpp"

#include <memory>

namespace xib {

// A task that computes on the host, for models that are on a device: rows are copied to host matrices before every step, gradients back
// after it, so the gradients are the host's to the last bit. For the constructed problems, which are small, and for tests of everything else that
// happens on a device. No kernel computes a gradient here.
std::unique_ptr<Task> make_host_task_on_device(std::unique_ptr<Task> host);

}  // namespace xib
