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

// Throws Error(input) for a configuration that no task can be made of: a line per problem, with key and remedy. Reads no data. The names are those of
// datasets() and problems() (data.dataset), partitions() and models().
void check_task(const RunConfig& config);

// Number of training samples of all nodes together in one epoch: at most data.limit, without the held-out share. Reads no data.
double training_samples(const RunConfig& config);

// True if the task knows the smoothness L: constructed problems do, networks do not. Reads no data.
bool knows_smoothness(const RunConfig& config);

// Place of a rank's models, and the way in which the gradients of networks are computed there.
struct ComputePlace {
  Device* device = nullptr;  // null: host memory
  Way way = Way::automatic;
  double run_bytes = 0;  // device memory that the whole run needs, for the message when memory runs out
};

// Reason why this build cannot compute networks on a GPU, with the remedy; "" if it can.
std::string networks_on_gpu_problem();

// Makes the task of a configuration. Networks are refused in builds without LibTorch. The task of a constructed problem works on the host whatever `place` is
// (host_task_on_device.hpp).
std::unique_ptr<Task> make_task(const RunConfig& config, const NodeLayout& layout, int workers, const std::string& data_directory,
                                const ComputePlace& place = {});

// on_start of the ThreadPool whose threads will call a task.
std::function<void()> task_thread_setup();

}  // namespace xib
