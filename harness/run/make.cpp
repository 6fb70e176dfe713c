#include "harness/core/check.hpp"
#include "harness/core/nan.hpp"
#include "harness/graph/spectrum.hpp"
#include "harness/graph/topology_files.hpp"
#include "harness/mix/gpu_need.hpp"
#include "harness/run/gpu_memory.hpp"
#include "harness/run/run.hpp"
#include "harness/task/host_task_on_device.hpp"
#include "harness/task/make_task.hpp"

#include <algorithm>
#include <cmath>

namespace xib {
namespace {

// Refuses topology files that were edited after the plan was made, because the run would not be what its id says.
void check_files(const RunConfig::Topology& topology, std::size_t phase) {
  const std::string planned = phase < topology.file_sha256.size() ? topology.file_sha256[phase] : "";
  const std::string found = topology_files_sha256(topology.name[phase]);
  require(found == planned, Key{"topology.name"}, "the content of {} has changed since the plan (SHA-256 {} instead of {}): run again, which makes a new plan",
          topology.name[phase], found, planned.empty() ? "none" : planned);
}

std::vector<PhaseControl> make_phases(const RunConfig& config, const Task& task, std::span<const double> reference_distances) {
  const int nodes = static_cast<int>(config.train.nodes);
  std::vector<PhaseControl> phases;
  for (std::size_t k = 0; k < config.phase_count(); ++k) {
    PolicyContext context{.min_rounds = static_cast<int>(config.control.min_rounds),
                          .max_rounds = static_cast<int>(config.control.max_rounds),
                          .L = task.constants().L,
                          .full_gradient = task.has_full_gradient()};
    if (k < reference_distances.size()) context.reference_distance = reference_distances[k];
    phases.push_back({make_mixing(config.topology.name[k], config.topology.weights, nodes, static_cast<std::uint64_t>(config.seed)),
                      make_policy(config.control.policy[k], "control.policy", context)});
    check_files(config.topology, k);  // after they were read
  }
  return phases;
}

// Function that computes the full gradient, if the task knows it.
FullGradientAt full_gradient(const Task& task) {
  if (!task.has_full_gradient()) return {};
  return [&task, gradient = std::vector<double>(task.dim())](std::span<const float> mean) mutable {
    task.full_gradient(mean, gradient);
    double norm2 = 0;
    for (const double value : gradient) norm2 += value * value;
    return FullGradient{norm2, task.gradient_variance(mean)};
  };
}

}  // namespace

SgdOptions sgd_options(const RunConfig::Train& train) { return {train.momentum, train.nesterov, train.weight_decay}; }

SgdOptions local_options(const RunConfig::Train& train) {
  return algorithm_info(train.algorithm).own_momentum ? SgdOptions{.weight_decay = train.weight_decay} : sgd_options(train);
}

int kept_matrices(const RunConfig::Train& train) {
  return optimizer_info(train.optimizer).matrices(local_options(train)) + algorithm_info(train.algorithm).matrices;
}

StepContext Run::context(std::int64_t step, Stopwatch& watch) {
  return {.at = timeline.position(step),
          .task = *task,
          .pool = pool,
          .x = x,
          .g = g,
          .optimizer = *optimizer,
          .consensus = consensus,
          .watch = watch,
          .loss = loss,
          .gradient_norm2 = gradient_norm2,
          .communicated = {}};
}

EvaluationContext Run::evaluation_context() {
  return {.settings = config.evaluation,
          .timeline = timeline,
          .communicator = communicator,
          .layout = layout,
          .pool = pool,
          .task = *task,
          .x = x,
          .buffers = buffers,
          .model_statistics = consensus.statistics(),
          .buffer_statistics = buffer_statistics};
}

CheckpointedRun Run::checkpointed() {
  KeptState all{.rows = {{"models", &x}, {"buffers", &buffers}}};
  const auto add = [&](const std::string& owner, KeptState part) {
    for (auto& rows : part.rows) all.rows.emplace_back(std::move(rows)).name.insert(0, owner);
    for (auto& numbers : part.numbers) all.numbers.emplace_back(std::move(numbers)).name.insert(0, owner);
  };
  add("optimizer/", optimizer->state());
  add("algorithm/", algorithm->state());
  return {.communicator = communicator, .layout = layout, .task = *task, .consensus = consensus, .kept = std::move(all)};
}

Session::Course Run::course() { return {.communicator = communicator, .timeline = timeline, .task = *task, .working_on = working_on}; }

Run::Run(const RunConfig& resolved, Communicator& world, const Machine& machine, std::unique_ptr<Task> made_task, std::vector<PhaseControl> phases)
    : config(resolved),
      communicator(world),
      device(machine.device),
      pool(machine.threads, task_thread_setup()),
      layout{static_cast<int>(config.train.nodes), world.size(), world.rank()},
      task(std::move(made_task)),
      x(layout.mine().count, task->dim(), device),
      g(layout.mine().count, task->dim(), device),
      buffers(layout.mine().count, task->buffer_dim(), device),
      timeline(config, task->steps_per_epoch()),
      optimizer(make_optimizer(config.train.optimizer, {layout.mine().count, task->dim(), local_options(config.train), device})),
      algorithm(make_algorithm(config.train.algorithm, {layout.mine().count, task->dim(), sgd_options(config.train), device})),
      consensus(communicator, pool, layout, task->dim(), std::move(phases), config.control.measure_every, full_gradient(*task),
                make_gauge(config.control.gauge, "control.gauge", static_cast<std::uint64_t>(config.seed)),
                make_method(config.control.method, "control.method")),
      buffer_statistics(communicator, pool, layout, task->buffer_dim()),
      loss(static_cast<std::size_t>(layout.mine().count)),
      gradient_norm2(loss.size()) {
  task->bind(x, g, buffers);
  std::vector<float> model(task->dim()), statistics(task->buffer_dim());
  task->initial_model(model, statistics);
  for (int k = 0; k < x.count(); ++k) {
    x.write_row(k, model);
    buffers.write_row(k, statistics);
  }
}

std::unique_ptr<Run> make_run(const RunConfig& config, Communicator& communicator, const Machine& machine, std::span<const double> reference_distances) {
  const NodeLayout layout{static_cast<int>(config.train.nodes), communicator.size(), communicator.rank()};
  require(layout.ranks <= layout.nodes, "{} ranks were started for a run of {} nodes (a rank without a node would idle): start at most {}", layout.ranks,
          layout.nodes, layout.nodes);
  if ((config.train.device == "cpu") != (machine.device == nullptr)) fail("a run on {} got another device (this is a bug)", config.train.device);
  const double needed = machine.device ? gpu_bytes(config) : 0;
  if (machine.device) run_needs_gpu_bytes(needed);
  if (const auto set_up = task_thread_setup()) set_up();
  auto task = make_task(config, layout, machine.threads, machine.data_directory, {machine.device, machine.way, needed});
  if (machine.device && task->space() == Space::host) task = make_host_task_on_device(std::move(task));
  auto phases = make_phases(config, *task, reference_distances);
  return std::make_unique<Run>(config, communicator, machine, std::move(task), std::move(phases));
}

std::vector<TopologyRecord> topology_records(const Run& run) {
  std::vector<TopologyRecord> records;
  for (std::size_t k = 0; k < static_cast<std::size_t>(run.timeline.phases()); ++k) {
    const MixingSchedule& schedule = run.consensus.schedule(static_cast<int>(k) + 1);
    Spectrum s{.lambda2 = kNaN, .lambda_min = kNaN, .p = kNaN};
    try {
      s = spectrum(schedule);
    } catch (const Error&) {  // too large for the dense solver, and no closed form: not measured
    }
    TopologyRecord record{.name = run.config.topology.name[k],
                          .weights = run.config.topology.weights,
                          .p = s.p,
                          .lambda2 = s.lambda2,
                          .lambda_min = s.lambda_min,
                          .contraction = s.contraction,
                          .contraction_rounds = s.contraction_rounds,
                          .degree = round_traffic(schedule).most_received,
                          .period = schedule.period(),
                          .seed = run.config.seed,
                          .matrices = {}};
    records.push_back(std::move(record));
  }
  attach_matrices(run, records);
  return records;
}

void attach_matrices(const Run& run, std::vector<TopologyRecord>& records) {
  for (std::size_t k = 0; k < records.size(); ++k) {
    const MixingSchedule& schedule = run.consensus.schedule(static_cast<int>(k) + 1);
    if (!records[k].matrices.empty() || schedule.period() == 0) continue;
    records[k].row_of = [&schedule](std::int64_t round, std::int64_t node, std::span<double> row) {
      const auto& matrix = schedule.at(round);
      for (std::size_t j = 0; j < row.size(); ++j) row[j] = matrix.at(static_cast<int>(node), static_cast<int>(j));
    };
  }
}

}  // namespace xib
