#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/job/check_run.hpp"
#include "harness/job/spawn_run.hpp"
#include "harness/sweep/select.hpp"

namespace CLI {
class App;
}

namespace xib {

// Flags of `xibench run`.
struct RunOptions {
  std::string spec, out = "results", device, way = "auto", progress = "auto", data;
  std::vector<std::string> sets, kept;
  Selection selection;
  bool all = false, no_resume = false, no_summary = false, driven = false, check = false, until_decided = false;
  JobShape shape;
  std::vector<DriversOption> drivers_own;
  std::optional<int> threads;
  std::optional<std::int64_t> max_seeds;
  std::optional<double> max_hours;
  int jobs = 1, retries = 0;
  double checkpoint_minutes = 5, stall_minutes = 10;
};

void add_run_options(CLI::App& command, const std::shared_ptr<RunOptions>& o);

// Refuse flags that are wrong by themselves, all of them in one Error(input): those of every process, and those of one that trains.
void check_flags(const RunOptions& o);
void check_machine(const RunOptions& o);

}  // namespace xib
