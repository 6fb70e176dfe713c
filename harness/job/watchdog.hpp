#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/core/thread_pool.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace xib {

// A thread that watches whether its rank gets on: an operation of the communicator begins or ends, or node threads take up work. When
// nothing did for `stall_seconds`, `on_stall` gets a line that says what the rank does or for whom it waits, since when, in which step;
// it is called once, from the watchdog's thread. Time in which the whole process was stopped (a suspended job, a laptop asleep) does not
// count: a watchdog that slept too cannot tell who else did.
class Watchdog {
 public:
  Watchdog(const Communicator& communicator, double stall_seconds, std::function<void(const std::string& report)> on_stall);  // stall_seconds 0: never
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  // From now on the work of these node threads counts too, and reports name the step. Both must outlive the watchdog.
  void follow(const ThreadPool& pool, const std::atomic<std::int64_t>& step);

 private:
  void watch();
  const Communicator& communicator_;
  const ThreadPool* pool_ = nullptr;
  const std::atomic<std::int64_t>* step_ = nullptr;
  double stall_seconds_;
  std::function<void(const std::string&)> on_stall_;
  std::mutex mutex_;
  std::condition_variable ending_;
  bool end_ = false;
  std::thread thread_;
};

}  // namespace xib
