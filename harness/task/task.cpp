#include "harness/task/task.hpp"

#include "harness/core/check.hpp"

namespace xib {

double Task::full_gradient(std::span<const float>, std::span<double>) const {
  fail("this task has no full gradient; ask has_full_gradient() first");
}

}  // namespace xib
