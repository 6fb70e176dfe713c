#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "harness/cli/next_look.hpp"
#include "harness/job/tally.hpp"

namespace xib {

// After so many hours, this process is told to stop as by a signal (USR1): runs end with a checkpoint.
class HoursLeft {
 public:
  explicit HoursLeft(std::optional<double> hours);  // nullopt: no limit
  bool spent() const { return spent_; }

 private:
  std::atomic<bool> spent_ = false;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it ends before what it uses
};

// Look after look, until all is decided or a budget is spent. next: where the sweep stands; work: does the runs of a look. Both are collective, and give all
// ranks the same. Exit status: 0 decided, or open after the last look that was allowed; 75 interrupted or out of hours; else as report() has it.
int until_decided(const std::function<NextLook()>& next, const std::function<Tally(const NextLook&)>& work, const HoursLeft& hours, bool speaks);

}  // namespace xib
