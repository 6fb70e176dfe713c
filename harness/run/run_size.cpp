#include "harness/run/run_size.hpp"

#include "harness/control/policy.hpp"
#include "harness/core/check.hpp"
#include "harness/core/limits.hpp"
#include "harness/core/text.hpp"
#include "harness/graph/mixing_matrix.hpp"
#include "harness/graph/spectrum.hpp"
#include "harness/mix/slice_sums.hpp"
#include "harness/record/rows.hpp"
#include "harness/run/known_graph.hpp"
#include "harness/run/run.hpp"
#include "harness/sweep/interval.hpp"
#include "harness/task/make_task.hpp"
#include "harness/task/task_size.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace xib {
namespace {

// Measured on Debian 12 (LibTorch, oneDNN, OpenBLAS, HDF5, Open MPI) in /proc/PID/smaps_rollup of the ranks of a run of nearly nothing: 118 MB are file pages
// that all of them share, 63 MB are private to each.
constexpr double kLibraries = 160e6, kProgram = 96e6;
constexpr double kRowCopies = 6;       // of kRowsInMemory: collected, in the record, encoded for the row log, read from it; a vector grows by doubling
constexpr double kFileBuffers = 48e6;  // chunks and attributes of the run file while it is written
constexpr double kStepMemory = 64;     // bytes of a step that stay in memory, for medians, and their copies
constexpr double kRecordCopies = 4;    // evaluations in memory, which grow by doubling; encoded for a checkpoint, or laid out as columns
constexpr double kFileOverhead = 1e6;  // provenance, attributes, the structure of an HDF5 file
constexpr double kEvaluationRow = 128;

double evaluations_of(const RunConfig& c, double steps) {
  const Interval every = parse_interval(c.evaluation.every);
  const double phases = static_cast<double>(c.phase_count());
  if (every.unit == Interval::Unit::phase_ends) return phases;
  return phases + (every.unit == Interval::Unit::epochs ? static_cast<double>(c.train.epochs) : steps) / static_cast<double>(every.count);
}

struct Graphs {
  double bytes = 0;  // of all phases' matrices, dense, as the run file holds them
  double halo = 0;   // rows of other ranks that a rank holds at once
};

Graphs graphs_of(const RunConfig& c, double mine, int ranks) {
  Graphs found;
  const auto n = static_cast<double>(c.train.nodes);
  for (const std::string& name : c.topology.name) {
    const auto nodes = static_cast<int>(c.train.nodes);
    const auto seed = static_cast<std::uint64_t>(c.seed);
    const KnownGraph& graph = known_graph(name, c.topology.weights, nodes, seed);
    if (!graph.refusal.empty()) refuse(Key{"topology.name"}, "{}", graph.refusal);
    found.bytes += static_cast<double>(graph.period) * n * n * sizeof(double);
    if (ranks > 1) found.halo += std::min(n - mine, mine * round_traffic(make_mixing(name, c.topology.weights, nodes, seed)).most_received);
  }
  return found;
}

bool needs_gram(const RunConfig& c) {
  return std::any_of(c.control.policy.begin(), c.control.policy.end(), [](const std::string& policy) { return policy_info(policy).holds_target; });
}

}  // namespace

double steps_of(const RunConfig& c) {
  const double samples_per_step = static_cast<double>(c.train.nodes) * static_cast<double>(c.train.batch_size);
  return std::floor(training_samples(c) / samples_per_step) * static_cast<double>(c.train.epochs);
}

double row_bytes(std::size_t dim) {
  const std::size_t padded = (dim + 15) / 16 * 16;
  return static_cast<double>(padded * sizeof(float));
}

RunSize run_size(const RunConfig& c, int ranks, int threads) {
  const TaskSize task = task_size(c);
  const auto n = static_cast<double>(c.train.nodes);
  const double mine = std::ceil(n / ranks);
  const double row = row_bytes(task.dim), buffers = row_bytes(task.buffer_dim);
  const int kept = kept_matrices(c.train);
  const Graphs graphs = graphs_of(c, mine, ranks);
  const double steps = steps_of(c);
  const double numbers = n + 1 + (needs_gram(c) ? n * (n + 1) / 2 : 0);  // that NodeStatistics sums over columns

  RunSize size{.libraries = kLibraries, .program = kProgram};
  size.checkpoint = n * (row * (1 + kept) + buffers);
  size.matrices = mine * (row * (2 + kept) + buffers)                 // models, gradients, what optimizer and algorithm keep
                  + (ranks > 1 ? (2 * mine + graphs.halo) * row : 0)  // columns to and from other ranks, rows of neighbours
                  + 4 * row                                           // the mean model and its gradient
                  + size.checkpoint + mine * row                      // collected on rank 0, matrix by matrix
                  + SliceSums::memory(c.train.nodes, ranks, task.dim, numbers);
  size.data = task.shared + mine * task.node;
  size.threads = threads * (task.thread + (n + 1) * 256 * sizeof(double));
  const double step_row = sizeof(StepRow) + sizeof(float) * (2 * n + 3.0 * ranks);
  const double evaluations = evaluations_of(c, steps) * kEvaluationRow + static_cast<double>(c.phase_count()) * n * sizeof(double);
  size.result = steps * step_row + evaluations + graphs.bytes + kFileOverhead;
  size.rows = steps * step_row + evaluations;
  size.record =
      kRowCopies * std::min(steps * step_row, static_cast<double>(kRowsInMemory) + step_row) + kFileBuffers + kStepMemory * steps + kRecordCopies * evaluations;
  return size;
}

std::string describe(const RunSize& s) {
  return fmt::format("{}: node matrices {}, data {}, threads {}, record {}, program {}, and its libraries {} once per machine", bytes_text(s.memory()),
                     bytes_text(s.matrices), bytes_text(s.data), bytes_text(s.threads), bytes_text(s.record), bytes_text(s.program), bytes_text(s.libraries));
}

}  // namespace xib
