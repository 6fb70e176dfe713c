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

// Handlers for SIGTERM, SIGINT, SIGUSR1, and for SIGHUP except under nohup: the run stops at the next sync point, with a checkpoint. SIGXFSZ and SIGPIPE are
// ignored: a too large file or a closed pipe becomes an error of write(2), which has a reason.
void install_stop_signals();
int stop_signal();  // the last that came; 0: none

// Agreement of all ranks during training: when to stop and when to write a checkpoint. Rank 0 also reports the progress. The ranks exchange only at sync
// points (every evaluation, and about twice a second).
class Session {
 public:
  struct Progress {
    std::int64_t step = 0, steps = 0;  // done; of the whole run
    double loss = 0, distance = 0, samples_per_s = 0, eta_s = 0;
  };
  struct Hooks {
    std::function<void(std::int64_t steps_done, bool stopping)> checkpoint;  // collective: writes one
    std::function<bool(const Progress&)> progress;                           // rank 0; false: stop, because another process owns the run now
  };
  // Parts of the run: the timeline says when it evaluates and ends, the task whether there is test data, and the watchdog reads working_on.
  struct Course {
    Communicator& communicator;
    const Timeline& timeline;
    const Task& task;
    std::atomic<std::int64_t>& working_on;
  };
  // pause: if not 0, goes_on() is also false after this many steps of the run; then all rows are gathered, and nothing is written.
  Session(const Course& course, Recorder& recorder, std::int64_t first_step, double checkpoint_seconds, Hooks hooks, std::int64_t pause = 0);

  std::int64_t first_step() const { return first_step_; }
  // Collective, after every step. False: stop now; a checkpoint of this step was written, unless this is the pause. Throws Diverged after an evaluation if a
  // loss was not finite.
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
