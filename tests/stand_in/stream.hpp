#pragma once

#include "tests/stand_in/stand_in.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace stand_in {

// What is waited for: set once.
class Flag {
 public:
  void set() {
    const std::lock_guard lock(mutex_);
    is_set_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return is_set_; });
  }
  bool is_set() {
    const std::lock_guard lock(mutex_);
    return is_set_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_set_ = false;
};

// As -ftz=true: float denormals are zero on a stream.
inline void flush_denormals() {
#if defined(__x86_64__)
  _mm_setcsr(_mm_getcsr() | 0x8040);
#endif
}

inline bool is_slow(bool is_default) {
  const char* const which = std::getenv("XB_STAND_IN_SLOW");
  return which && std::string(which) == (is_default ? "default" : "other");
}

}  // namespace stand_in

// A stream is a thread with a queue: work is as asynchronous as on a device.
struct CUstream_st {
 public:
  explicit CUstream_st(bool is_default)
      : slow_(stand_in::is_slow(is_default)), delay_us_(stand_in::number("XB_STAND_IN_DELAY_US", 0)), thread_([this] { work(); }) {}
  CUstream_st(const CUstream_st&) = delete;
  CUstream_st& operator=(const CUstream_st&) = delete;
  ~CUstream_st() {
    {
      const std::lock_guard lock(mutex_);
      ends_ = true;
      changed_.notify_all();
    }
    thread_.join();
  }
  void push(std::function<void()> job) {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    changed_.notify_all();
  }
  void wait() {
    const auto flag = std::make_shared<stand_in::Flag>();
    push([flag] { flag->set(); });
    flag->wait();
  }

 private:
  void work() {
    stand_in::flush_denormals();
    std::minstd_rand random(static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(this) >> 4));
    for (;;) {
      std::function<void()> job;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return ends_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        job = std::move(jobs_.front());
        jobs_.pop_front();
      }
      const long us = slow_ ? 3000 : delay_us_ > 0 ? static_cast<long>(random() % static_cast<unsigned long>(delay_us_)) : 0;
      if (us > 0) std::this_thread::sleep_for(std::chrono::microseconds(us));
      job();
    }
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool ends_ = false, slow_;
  long delay_us_;
  std::thread thread_;
};
