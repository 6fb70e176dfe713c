#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace xib {

// Fixed number of threads, the caller's included, that call a function for indices 0..count-1. Any thread may get any index, so results must not depend on the
// thread. The first exception is rethrown to the caller after all threads have stopped.
class ThreadPool {
 public:
  // `on_start` runs once on each of the other threads (gradient mode, floating-point flags).
  explicit ThreadPool(int threads, const std::function<void()>& on_start = {});
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }
  // body(index, worker): worker in [0, threads()) is the number of the thread, for scratch space.
  void for_each(std::int64_t count, const std::function<void(std::int64_t index, int worker)>& body);
  // Number of calls of bodies begun so far; it does not change while nothing makes progress. Any thread may ask.
  std::uint64_t begun() const { return begun_.load(std::memory_order_relaxed); }

 private:
  void work(int worker);
  void drain(int worker);
  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable start_, finish_;
  const std::function<void(std::int64_t, int)>* body_ = nullptr;
  std::int64_t next_ = 0, count_ = 0;
  std::uint64_t generation_ = 0;
  std::atomic<std::uint64_t> begun_ = 0;
  int busy_ = 0;
  bool stop_ = false;
  std::exception_ptr error_;
};

}  // namespace xib
