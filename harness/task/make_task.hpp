#pragma once

#include "datasets/dataset.hpp"
#include "datasets/partition.hpp"
#include "harness/sweep/run_config.hpp"
#include "harness/task/models/models.hpp"
#include "harness/task/problems.hpp"
#include "harness/task/task.hpp"

#include <functional>
#include <memory>
#include <string>

namespace xib {

// The tables of names: datasets() and problems() for [data] dataset, partitions(), models().

// Throws Error(input) for a configuration that no task can be made of: a line per problem, with key and remedy. Reads no data.
void check_task(const RunConfig& config);

// Training images, of all nodes together, in one pass: after [data] limit, without the share held out. Reads no data.
std::int64_t training_samples(const RunConfig& config);

// Whether the task knows L, the smoothness: constructed problems do, networks do not. Reads no data.
bool knows_smoothness(const RunConfig& config);

// Without LibTorch networks are refused.
std::unique_ptr<Task> make_task(const RunConfig& config, const NodeLayout& layout, int workers, const std::string& data_directory);

// ThreadPool's on_start for the threads that will call a task.
std::function<void()> task_thread_setup();

}  // namespace xib
