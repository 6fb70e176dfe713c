#pragma once

#include "harness/core/thread_pool.hpp"
#include "harness/task/task.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace xib {

// The matrices of a rank's nodes, bound to a task and started at its initial model.
struct Rows {
  NodeMatrix x, g, buffers;
  Rows(Task& task, int count) : x(count, task.dim()), g(count, task.dim()), buffers(count, task.buffer_dim()) {
    for (int k = 0; k < count; ++k) task.initial_model(x.row(k), buffers.row(k));
    task.bind(x, g, buffers);
  }
  std::vector<float> gradient(int k) const { return {g.row(k).begin(), g.row(k).end()}; }
};

inline Task::Partial evaluate(Task& task, std::span<const float> model, std::span<const float> buffers, Split split) {
  Task::Partial total;
  for (int batch = 0; batch < task.evaluation_batches(split); ++batch) {
    const auto part = task.evaluate_batch(model, buffers, split, batch, 0);
    total.loss_sum += part.loss_sum;
    total.correct += part.correct;
    total.samples += part.samples;
  }
  return total;
}

}  // namespace xib
