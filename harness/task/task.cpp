#include "harness/task/task.hpp"

#include "harness/core/check.hpp"

namespace xib {

void Task::gradients(std::int64_t, ThreadPool&, std::span<double>, double*) { fail("this task computes on the host, node by node (this is a bug)"); }

double Task::full_gradient(std::span<const float>, std::span<double>) const { fail("this task has no full gradient; ask has_full_gradient() first"); }

}  // namespace xib
