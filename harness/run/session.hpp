#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/core/check.hpp"
#include "harness/run/recorder.hpp"
#include "harness/run/timeline.hpp"
#include "harness/task/task.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

namespace xib {

// Set by signals (SIGTERM, SIGINT, SIGUSR1, and SIGHUP except under nohup): the run stops at the next agreed step, with a checkpoint. A file
// too large and a closed pipe no longer kill.
void install_stop_signals();
int stop_signal();  // 0: none came

// Companion of training on all ranks: the ranks find out together when to stop, when to write a checkpoint, and tells rank 0's listener
// how things stand. The ranks exchange only at sync points (every evaluation, and about twice a second).
class Session {
 public:
  struct Progress {
    std::int64_t step = 0, steps = 0;  // done, of
    double loss = 0, distance = 0, samples_per_s = 0, eta_s = 0;
  };
  struct Hooks {
    std::function<void(std::int64_t steps_done, bool stopping)> checkpoint;  // collective: writes one
    std::function<bool(const Progress&)> progress;                           // rank 0; false: stop, the run is no longer this process's
  };
  // Of the run: when it evaluates and ends, whether there is anything to evaluate on, and where its watchdog reads the step under way.
  struct Course {
    Communicator& communicator;
    const Timeline& timeline;
    const Task& task;
    std::atomic<std::int64_t>& working_on;
  };
  // After `pause` steps of the run, where that is not 0, goes_on() is false too: all rows are gathered, nothing is written.
  Session(const Course& course, Recorder& recorder, std::int64_t first_step, double checkpoint_seconds, Hooks hooks, std::int64_t pause = 0);

  std::int64_t first_step() const { return first_step_; }
  // Collective, after every step. False: stop now; a checkpoint of this step was written, unless it is the pause.
  bool goes_on(std::int64_t step);

 private:
  struct Orders {
    std::int64_t next_sync = 0;
    bool stop = false, checkpoint = false, lost = false;
  };
  Orders sync(std::int64_t step, bool stopping);  // rank 0
  Course run_;
  Recorder& recorder_;
  std::int64_t first_step_, pause_, next_sync_, last_sync_;
  double checkpoint_seconds_, begun_, synced_, last_checkpoint_, next_progress_;
  Hooks hooks_;
};

}  // namespace xib
