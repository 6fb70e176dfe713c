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

// Thread that watches the progress of its rank: an operation of the communicator begins or ends, or node threads take up work. After `stall_seconds` without
// progress it calls `on_stall` once, from its own thread, with a line that says what the rank does or for whom it waits, since when, and in which step. Time in
// which the whole process was stopped (a suspended job, a sleeping laptop) does not count, because the watchdog slept, too.
class Watchdog {
 public:
  Watchdog(const Communicator& communicator, double stall_seconds, std::function<void(const std::string& report)> on_stall);  // stall_seconds 0: never
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  // From now on the work of these node threads counts as progress, too, and reports name the step. Both must outlive the watchdog.
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
