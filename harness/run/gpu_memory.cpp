#include "harness/run/gpu_memory.hpp"

#include "harness/control/gauge.hpp"
#include "harness/run/run.hpp"
#include "harness/run/run_size.hpp"
#include "harness/task/task_size.hpp"

namespace xib {
namespace {

constexpr double kWork = 192.0 * (1 << 20);

}  // namespace

double gpu_bytes(const RunConfig& config) {
  const TaskSize size = task_size(config);
  const bool moved = make_gauge(config.control.gauge, "control.gauge", 0).kind == Gauge::Kind::displacement;
  const double n = static_cast<double>(config.train.nodes);
  return row_bytes(size.dim) * (n * (2 + kept_matrices(config.train) + moved) + 1) + row_bytes(size.buffer_dim) * (n + 1) + kWork + size.device +
         n * size.device_node;
}

}  // namespace xib
