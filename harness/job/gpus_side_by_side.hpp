#pragma once

#include "harness/core/notify.hpp"
#include "harness/run/accelerator.hpp"
#include "harness/sweep/plan.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace xib {

// GPUs for runs that a driver starts side by side, each in its own process; empty if no run wants one. Prints a notice if processes will share a GPU. Throws
// Error(input) if there is no such GPU.
inline std::vector<int> gpus_side_by_side(const std::vector<const PlannedRun*>& runs, const DeviceChoice& choice, int jobs) {
  const auto wanting = std::count_if(runs.begin(), runs.end(), [](const auto* run) { return run->config.train.device != "cpu"; });
  if (wanting == 0) return {};
  const std::vector<int> gpus = gpus_of_host(choice);
  const auto at_once = std::min<std::ptrdiff_t>(jobs, wanting), count = std::ssize(gpus);
  const std::string shared = choice.number >= 0 ? fmt::format("cuda:{}", choice.number) : count == 1 ? "the GPU" : fmt::format("each of {} GPUs", count);
  if (at_once > count)
    notify("xibench: --jobs {}: up to {} runs at a time share {}, and have to fit into its memory together (xibench plan --device cuda says what one needs)\n",
           jobs, (at_once + count - 1) / count, shared);
  return gpus;
}

}  // namespace xib
