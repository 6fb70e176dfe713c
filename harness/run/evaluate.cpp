#include "harness/run/evaluate.hpp"

#include "harness/core/check.hpp"
#include "harness/core/nan.hpp"
#include "harness/record/metric_columns.hpp"

#include <algorithm>
#include <cmath>

namespace xib {
namespace {

struct Model {
  std::span<const float> parameters, buffers;
};

constexpr std::size_t at(int k) { return static_cast<std::size_t>(k); }

// A number per metric, from the sums of batches one after another; NaN where there is no batch.
std::vector<double> score(const Task& task, std::span<const double> of_batches) {
  const std::size_t width = task.evaluation_sums();
  if (of_batches.empty()) return std::vector<double>(task.metrics().size(), kNaN);
  std::vector<double> total(width, 0);
  for (std::size_t k = 0; k < of_batches.size(); ++k) total[k % width] += of_batches[k];
  return task.score(total);
}

// One model that all ranks hold: its batches are spread over ranks and threads, and summed in batch order.
std::vector<double> evaluate_together(const EvaluationContext& run, const Model& model, Split split) {
  const int batches = run.task.evaluation_batches(split), ranks = run.layout.ranks, rank = run.layout.rank;
  const std::size_t width = run.task.evaluation_sums();
  const auto first = [&](int r) { return static_cast<int>(std::int64_t{batches} * r / ranks); };
  const int mine = first(rank + 1) - first(rank);
  std::vector<double> parts(at(mine) * width), all(at(batches) * width);
  run.pool.for_each(mine, [&](std::int64_t k, int worker) {
    run.task.evaluate_batch(model.parameters, model.buffers, split, first(rank) + static_cast<int>(k), worker,
                            std::span(parts).subspan(static_cast<std::size_t>(k) * width, width));
  });
  std::vector<int> counts;
  for (int r = 0; r < ranks; ++r) counts.push_back(static_cast<int>(width) * (first(r + 1) - first(r)));
  run.communicator.all_gather(parts, counts, all);
  return score(run.task, all);
}

// The rows of a matrix in host memory: themselves, or copies of those on a device.
class HostRows {
 public:
  explicit HostRows(const NodeMatrix& matrix) : matrix_(matrix), copies_(matrix.device() ? matrix.count() : 0, matrix.dim()) {
    for (int k = 0; k < copies_.count(); ++k) matrix.read_row(k, copies_.row(k));
  }
  std::span<const float> row(int k) const { return matrix_.device() ? copies_.row(k) : matrix_.row(k); }

 private:
  const NodeMatrix& matrix_;
  NodeMatrix copies_;
};

// Every node's own model on the whole test set, by the first metric; each rank evaluates its nodes.
std::vector<double> evaluate_nodes(const EvaluationContext& run) {
  const int batches = run.task.evaluation_batches(Split::test), count = run.x.count();
  const std::size_t width = run.task.evaluation_sums();
  const HostRows models(run.x), statistics(run.buffers);
  std::vector<double> parts(at(batches) * at(count) * width);
  run.pool.for_each(std::int64_t{batches} * count, [&](std::int64_t k, int worker) {
    const int node = static_cast<int>(k / batches), batch = static_cast<int>(k % batches);
    run.task.evaluate_batch(models.row(node), statistics.row(node), Split::test, batch, worker,
                            std::span(parts).subspan(static_cast<std::size_t>(k) * width, width));
  });
  std::vector<double> mine, all(at(run.layout.nodes));
  for (int k = 0; k < count; ++k) mine.push_back(score(run.task, std::span(parts).subspan(at(k) * at(batches) * width, at(batches) * width)).front());
  std::vector<int> counts;
  for (int r = 0; r < run.layout.ranks; ++r) counts.push_back(run.layout.block(r).count);
  run.communicator.all_gather(mine, counts, all);
  return all;
}

// Values that only constructed problems know. Computed whole on every rank.
void compare_with_optimum(const Task& task, std::span<const float> mean, EvaluationRow& row) {
  if (!task.has_full_gradient()) return;
  std::vector<double> gradient(task.dim());
  row.suboptimality_mean_model = task.full_gradient(mean, gradient) - task.constants().optimum;
  double norm2 = 0;
  for (const double value : gradient) norm2 += value * value;
  row.gradient_norm_mean_model = std::sqrt(norm2);
  row.gradient_variance_mean_model = task.gradient_variance(mean);
}

}  // namespace

std::optional<EvaluationRow> evaluate_if_due(const EvaluationContext& run, std::int64_t step) {
  if (!run.timeline.evaluation_due(step)) return std::nullopt;
  const bool phase_end = run.timeline.phase_ends(step), end = step + 1 == run.timeline.steps();

  std::vector<float> mean(run.task.dim());
  run.model_statistics.mean(run.x, mean);
  std::vector<float> buffers(run.task.buffer_dim());
  run.buffer_statistics.mean(run.buffers, buffers);
  const Model model{mean, buffers};
  EvaluationRow row;
  row.step = step + 1;
  row.epoch = run.timeline.epoch(step + 1);
  const auto metrics = run.task.metrics();
  const auto loss = std::find_if(metrics.begin(), metrics.end(), [](const Metric& m) { return m.name == mean_loss().name; }) - metrics.begin();
  require(loss < std::ssize(metrics), "the task has no metric '{}' (this is a bug)", mean_loss().name);
  const auto test = evaluate_together(run, model, Split::test);
  for (std::size_t k = 0; k < metrics.size(); ++k) set_value(row, test_column(metrics[k]), test[k]);
  compare_with_optimum(run.task, mean, row);
  if (run.settings.validation > 0) set_value(row, validation_column(metrics.front()), evaluate_together(run, model, Split::validation).front());
  if (phase_end) row.train_loss_mean_model = evaluate_together(run, model, Split::train)[static_cast<std::size_t>(loss)];
  const std::string& nodes = run.settings.nodes;
  const bool nodes_due = (nodes == "phase-ends" && phase_end) || (nodes == "end" && end);
  if (nodes_due && run.task.evaluation_batches(Split::test) > 0) row.test_nodes = evaluate_nodes(run);
  return row;
}

}  // namespace xib
