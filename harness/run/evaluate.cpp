#include "harness/run/evaluate.hpp"

#include <algorithm>
#include <cmath>

namespace xib {
namespace {

struct Model {
  std::span<const float> parameters, buffers;
};

Evaluation total(std::span<const Task::Partial> parts, bool classes) {
  Task::Partial sum;
  for (const auto& p : parts) sum.loss_sum += p.loss_sum, sum.correct += p.correct, sum.samples += p.samples;
  if (sum.samples == 0) return {};
  const auto samples = static_cast<double>(sum.samples);
  return {sum.loss_sum / samples, classes ? 100.0 * static_cast<double>(sum.correct) / samples : kNotMeasured};
}

// One model that all ranks hold: its batches are spread over ranks and threads, and summed in batch order.
Evaluation evaluate_together(Run& run, const Model& model, Split split) {
  const int batches = run.task->evaluation_batches(split), ranks = run.layout.ranks, rank = run.layout.rank;
  const auto first = [&](int r) { return static_cast<int>(std::int64_t{batches} * r / ranks); };
  const int mine = first(rank + 1) - first(rank);
  std::vector<Task::Partial> parts(static_cast<std::size_t>(mine));
  run.pool.for_each(mine, [&](std::int64_t k, int worker) {
    parts[static_cast<std::size_t>(k)] = run.task->evaluate_batch(model.parameters, model.buffers, split, first(rank) + static_cast<int>(k), worker);
  });
  std::vector<double> numbers, all(static_cast<std::size_t>(batches) * 3);
  for (const auto& p : parts) numbers.insert(numbers.end(), {p.loss_sum, static_cast<double>(p.correct), static_cast<double>(p.samples)});
  std::vector<int> counts;
  for (int r = 0; r < ranks; ++r) counts.push_back(3 * (first(r + 1) - first(r)));
  run.communicator.all_gather(numbers, counts, all);
  std::vector<Task::Partial> gathered;
  for (std::size_t b = 0; b < static_cast<std::size_t>(batches); ++b)
    gathered.push_back({all[3 * b], static_cast<std::int64_t>(all[3 * b + 1]), static_cast<std::int64_t>(all[3 * b + 2])});
  return total(gathered, run.task->classes() > 0);
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

// Every node's own model on the whole test set; each rank evaluates its nodes.
std::vector<double> evaluate_nodes(Run& run) {
  const int batches = run.task->evaluation_batches(Split::test), count = run.x.count();
  const HostRows models(run.x), statistics(run.buffers);
  std::vector<Task::Partial> parts(static_cast<std::size_t>(batches) * static_cast<std::size_t>(count));
  run.pool.for_each(std::ssize(parts), [&](std::int64_t k, int worker) {
    const int node = static_cast<int>(k) / batches, batch = static_cast<int>(k) % batches;
    parts[static_cast<std::size_t>(k)] = run.task->evaluate_batch(models.row(node), statistics.row(node), Split::test, batch, worker);
  });
  std::vector<double> mine, all(static_cast<std::size_t>(run.layout.nodes));
  for (int k = 0; k < count; ++k)
    mine.push_back(total(std::span(parts).subspan(static_cast<std::size_t>(k * batches), static_cast<std::size_t>(batches)), true).accuracy);
  std::vector<int> counts;
  for (int r = 0; r < run.layout.ranks; ++r) counts.push_back(run.layout.block(r).count);
  run.communicator.all_gather(mine, counts, all);
  return all;
}

// What only constructed problems know. Computed whole on every rank.
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

std::vector<float> mean_model(Run& run) {
  std::vector<float> mean(run.task->dim());
  run.consensus.statistics().mean(run.x, mean);
  return mean;
}

std::optional<EvaluationRow> evaluate_if_due(Run& run, std::int64_t step) {
  if (!run.timeline.evaluation_due(step)) return std::nullopt;
  const bool phase_end = run.timeline.phase_ends(step), end = step + 1 == run.timeline.steps();

  const auto mean = mean_model(run);
  std::vector<float> buffers(run.task->buffer_dim());
  run.buffer_statistics.mean(run.buffers, buffers);
  const Model model{mean, buffers};
  EvaluationRow row{.step = step + 1, .epoch = run.timeline.epoch(step + 1), .test_accuracy_nodes = {}};
  const Evaluation test = evaluate_together(run, model, Split::test);
  row.test_accuracy_mean_model = test.accuracy;
  row.test_loss_mean_model = test.loss;
  compare_with_optimum(*run.task, mean, row);
  if (run.config.evaluation.validation > 0) row.validation_accuracy_mean_model = evaluate_together(run, model, Split::validation).accuracy;
  if (phase_end) row.train_loss_mean_model = evaluate_together(run, model, Split::train).loss;
  const std::string& nodes = run.config.evaluation.nodes;
  if (run.task->classes() > 0 && ((nodes == "phase-ends" && phase_end) || (nodes == "end" && end))) row.test_accuracy_nodes = evaluate_nodes(run);
  return row;
}

}  // namespace xib
