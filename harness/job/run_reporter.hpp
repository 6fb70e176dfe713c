#pragma once

#include "harness/job/cost_meter.hpp"
#include "harness/job/progress.hpp"
#include "harness/record/heartbeat.hpp"
#include "harness/run/session.hpp"
#include "harness/sweep/plan.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace xib {

// Reports of rank 0 about a run that is under way: the heartbeat that `xibench status` reads, and the line on the terminal. The line
// follows all progress; the heartbeat, a file that hundreds of runs may have on one file system, every two seconds at most, but at once
// what say() and begins() are called for.
class RunReporter {
 public:
  // processors: ranks x threads, which the attempt that begins here occupies.
  RunReporter(const PlannedRun& planned, std::string heartbeat_path, Incarnation incarnation, ProgressLine& line, std::int64_t processors,
              const EnergySources& energy = {});
  void say(Standing state, const std::string& error = "");
  void begins(std::int64_t steps_done, std::int64_t steps);  // training; a run that goes on has some behind it
  void progress(const Session::Progress& progress);
  Facts costs(std::int64_t peak_memory, Standing outcome) const { return costs_.facts(peak_memory, outcome); }  // of all attempts, up to now; bytes

 private:
  std::string path_;
  Incarnation incarnation_;
  ProgressLine& line_;
  Heartbeat beat_;
  CostMeter costs_;
  bool knows_earlier_ = false;
  std::chrono::steady_clock::time_point written_;
};

// Writes into the heartbeat that the run failed and why, unless it says so already. From any rank and any thread: who cannot go on says
// so itself, as the others may hang. Never throws: there is a first error to report.
void mark_failed(const std::string& heartbeat_path, const std::string& reason, const Incarnation& by) noexcept;

}  // namespace xib
