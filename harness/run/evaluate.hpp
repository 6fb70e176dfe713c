#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/core/thread_pool.hpp"
#include "harness/mix/moments.hpp"
#include "harness/mix/node_layout.hpp"
#include "harness/mix/node_matrix.hpp"
#include "harness/record/rows.hpp"
#include "harness/run/timeline.hpp"
#include "harness/sweep/run_config.hpp"
#include "harness/task/task.hpp"

#include <optional>

namespace xib {

// Inputs of an evaluation: when it is due, the models, and who computes.
struct EvaluationContext {
  const RunConfig::Evaluation& settings;
  const Timeline& timeline;
  Communicator& communicator;
  const NodeLayout& layout;
  ThreadPool& pool;
  Task& task;
  const NodeMatrix &x, &buffers;  // models; running statistics, which training changes but no algorithm mixes
  NodeStatistics &model_statistics, &buffer_statistics;
};

// Collective. Evaluates the models if an evaluation is due after `step` (counted from 0), else returns nullopt. Every rank gets the same row. The mean model x̄
// is evaluated with the average of the nodes' BatchNorm statistics.
std::optional<EvaluationRow> evaluate_if_due(const EvaluationContext& run, std::int64_t step);

}  // namespace xib
