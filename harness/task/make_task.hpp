#pragma once

#include "datasets/dataset.hpp"
#include "datasets/partition.hpp"
#include "harness/sweep/run_config.hpp"
#include "harness/task/models/models.hpp"
#include "harness/task/problems.hpp"
#include "harness/task/task.hpp"
#include "harness/task/way.hpp"

#include <functional>
#include <memory>
#include <string>

namespace xib {

// The tables of names: datasets() and problems() for data.dataset, partitions(), models().

// Throws Error(input) for a configuration that no task can be made of: a line per problem, with key and remedy. Reads no data.
void check_task(const RunConfig& config);

// Training images, of all nodes together, in one pass: after data.limit, without the share held out. Reads no data.
std::int64_t training_samples(const RunConfig& config);

// Whether the task knows L, the smoothness: constructed problems do, networks do not. Reads no data.
bool knows_smoothness(const RunConfig& config);

// Where a rank's models are, and how the gradients of networks are computed there.
struct ComputePlace {
  Device* device = nullptr;  // null: host memory
  Way way = Way::automatic;
  double run_bytes = 0;  // of device memory, of the whole run: where it ends the message says so
};

// Why networks cannot be computed on a GPU in this build, with the remedy; "" where they can.
std::string networks_on_gpu_problem();

// Without LibTorch networks are refused. The task of a constructed problem is the host's, whatever `place` is (host_task_on_device.hpp).
std::unique_ptr<Task> make_task(const RunConfig& config, const NodeLayout& layout, int workers, const std::string& data_directory,
                                const ComputePlace& place = {});

// ThreadPool's on_start for the threads that will call a task.
std::function<void()> task_thread_setup();

}  // namespace xib
