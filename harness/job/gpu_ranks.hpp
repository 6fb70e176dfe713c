#pragma once

#include "harness/core/check.hpp"
#include "harness/job/device_setting.hpp"
#include "harness/run/accelerator.hpp"
#include "harness/sweep/plan.hpp"
#include "harness/task/way.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace xib {

// Throws Error(input) if --way is given and no run computes a network on a GPU.
inline void check_way(Way way, const std::vector<const PlannedRun*>& runs) {
  const auto is_network_on_gpu = [](const PlannedRun* run) { return run->config.train.device != "cpu" && run->config.model.name != "none"; };
  require(way == Way::automatic || std::any_of(runs.begin(), runs.end(), is_network_on_gpu), Key{"--way"},
          "{} applies to networks on a GPU, and these runs have none; leave it out, or add --device cuda", name_of(way));
}

// Devices and communicators for the runs of a command. The GPU is taken once, if any run wants one.
class GpuRanks {
 public:
  // Collective. timeout_s: for one exchange between GPUs; 0: an hour.
  GpuRanks(Communicator& world, const std::vector<const PlannedRun*>& runs, const DeviceChoice& choice, double timeout_s) : world_(world) {
    for (const auto* run : runs)
      if (on_gpu(*run) && !gpu_) gpu_.emplace(world, choice, timeout_s > 0 ? timeout_s : 3600);
  }
  Communicator& world() const { return world_; }
  Communicator& communicator(const PlannedRun& run) const { return on_gpu(run) ? gpu_->communicator() : world_; }
  Device* device(const PlannedRun& run) const { return on_gpu(run) ? &gpu_->device() : nullptr; }
  std::string description(const PlannedRun& run) const { return on_gpu(run) ? description() : ""; }
  std::string description() const { return gpu_ ? gpu_->description() : ""; }

 private:
  static bool on_gpu(const PlannedRun& run) { return run.config.train.device != "cpu"; }
  Communicator& world_;
  mutable std::optional<Accelerator> gpu_;
};

}  // namespace xib
