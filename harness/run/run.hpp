#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/control/controller.hpp"
#include "harness/core/stopwatch.hpp"
#include "harness/core/thread_pool.hpp"
#include "harness/mix/node_layout.hpp"
#include "harness/mix/node_matrix.hpp"
#include "harness/record/rows.hpp"
#include "harness/run/checkpoint.hpp"
#include "harness/run/evaluate.hpp"
#include "harness/run/session.hpp"
#include "harness/run/timeline.hpp"
#include "harness/sweep/run_config.hpp"
#include "harness/task/task.hpp"
#include "harness/task/way.hpp"
#include "harness/train/algorithm.hpp"
#include "harness/train/optimizer.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace xib {

// Execution settings: where and how a run is computed. They never change the recorded science.
struct Machine {
  int threads = 1;             // per rank
  std::string data_directory;  // "": the data set's default place
  Device* device = nullptr;    // of this rank, where train.device is not cpu
  Way way = Way::automatic;    // how networks are computed there
};

// One run's objects on this rank, ready to train. Members are built in this order: later ones refer to earlier ones.
struct Run {
  Run(const RunConfig& resolved, Communicator& world, const Machine& machine, std::unique_ptr<Task> made_task, std::vector<PhaseControl> phases);

  RunConfig config;
  Communicator& communicator;
  Device* device;  // where the models are; null: host memory
  ThreadPool pool;
  NodeLayout layout;
  std::unique_ptr<Task> task;
  NodeMatrix x, g, buffers;  // models; gradients; running statistics, which training changes but no algorithm mixes
  Timeline timeline;
  std::unique_ptr<Optimizer> optimizer;
  std::unique_ptr<Algorithm> algorithm;
  ConsensusController consensus;
  NodeStatistics buffer_statistics;
  std::vector<double> loss, gradient_norm2;  // of this rank's nodes, of the last step
  std::atomic<std::int64_t> working_on = 0;  // the current step, for the watchdog's thread

  // Parts of the run, for the algorithm in a step, for evaluations, checkpoints and a session.
  StepContext context(std::int64_t step, Stopwatch& watch);
  EvaluationContext evaluation_context();
  CheckpointedRun checkpointed();
  Session::Course course();
};

// Makes the objects of a resolved configuration; the one place that knows all names. reference_distances: for each phase, the Ξ of the reference run that
// fraction() refers to, or NaN if the phase has none; empty if no phase has one. Throws Error(input) if the run cannot be built.
std::unique_ptr<Run> make_run(const RunConfig& config, Communicator& communicator, const Machine& machine, std::span<const double> reference_distances);

SgdOptions sgd_options(const RunConfig::Train& train);    // train.momentum, train.nesterov, train.weight_decay
SgdOptions local_options(const RunConfig::Train& train);  // for the optimizer: without momentum if the algorithm has its own
int kept_matrices(const RunConfig::Train& train);         // number of matrices, one row per node, that optimizer and algorithm keep

// Records of every phase's graph, for the run file, with attach_matrices().
std::vector<TopologyRecord> topology_records(const Run& run);

// Lets records of a run compute their matrices when the file is written. `run` must outlive them.
void attach_matrices(const Run& run, std::vector<TopologyRecord>& records);

}  // namespace xib
