#pragma once

#include "harness/core/thread_pool.hpp"
#include "harness/task/classification.hpp"
#include "harness/task/task.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace xib {

// The matrices of a rank's nodes, bound to a task and started at its initial model.
struct TaskRows {
  NodeMatrix x, g, buffers;
  TaskRows(Task& task, int count) : x(count, task.dim()), g(count, task.dim()), buffers(count, task.buffer_dim()) {
    for (int k = 0; k < count; ++k) task.initial_model(x.row(k), buffers.row(k));
    task.bind(x, g, buffers);
  }
  std::vector<float> gradient(int k) const { return {g.row(k).begin(), g.row(k).end()}; }
};

// The sums of a whole split, batch after batch.
inline std::vector<double> evaluation_sums(Task& task, std::span<const float> model, std::span<const float> buffers, Split split) {
  std::vector<double> total(task.evaluation_sums()), part(total.size());
  for (int batch = 0; batch < task.evaluation_batches(split); ++batch) {
    task.evaluate_batch(model, buffers, split, batch, 0, part);
    for (std::size_t k = 0; k < total.size(); ++k) total[k] += part[k];
  }
  return total;
}

// Of a classifier.
inline ClassificationSums evaluate(Task& task, std::span<const float> model, std::span<const float> buffers, Split split) {
  const auto sums = evaluation_sums(task, model, buffers, split);
  REQUIRE(sums.size() == kClassificationSums);
  return {sums[0], sums[1], sums[2]};
}

}  // namespace xib
