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

// Reports of rank 0 about a run: the heartbeat that `xibench status` reads, and the line on the terminal. The line follows all progress. The heartbeat is
// written at once by say() and begins(), but at most every two seconds by progress(), because hundreds of runs may have one on the same file system.
class RunReporter {
 public:
  // Begins an attempt. processors: ranks x threads.
  RunReporter(const PlannedRun& planned, std::string heartbeat_path, Incarnation incarnation, ProgressLine& line, std::int64_t processors,
              const EnergySources& energy = {});
  void say(Standing state, const std::string& error = "");
  void begins(std::int64_t steps_done, std::int64_t steps);  // training begins; steps_done: those of earlier attempts
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

// Writes into the heartbeat that the run failed and why, unless it already says so. Any rank and any thread may call it: the rank that cannot go on reports
// itself, because the others may hang. It never throws, so that the first error is the one that is reported.
void mark_failed(const std::string& heartbeat_path, const std::string& reason, const Incarnation& by) noexcept;

}  // namespace xib
