#include "harness/core/thread_pool.hpp"

#include "harness/core/check.hpp"
#include "harness/core/limits.hpp"

#include <system_error>
#include <utility>

namespace xib {
namespace {

void end(std::mutex& mutex, std::condition_variable& start, bool& stop, std::vector<std::thread>& workers) {
  {
    const std::lock_guard lock(mutex);
    stop = true;
  }
  start.notify_all();
  for (auto& w : workers) w.join();
}

}  // namespace

ThreadPool::ThreadPool(int threads, const std::function<void()>& on_start) {
  try {
    for (int k = 1; k < threads; ++k)
      workers_.emplace_back([this, k, on_start] {
        if (on_start) on_start();
        work(k);
      });
  } catch (const std::system_error& error) {
    end(mutex_, start_, stop_, workers_);  // a thread that nobody has joined would end the program
    fail("cannot start {} threads, only {}: {}; {}: give fewer --threads, or raise the limit", threads, workers_.size() + 1, error.code().message(),
         thread_limits());
  }
}

ThreadPool::~ThreadPool() { end(mutex_, start_, stop_, workers_); }

void ThreadPool::for_each(std::int64_t count, const std::function<void(std::int64_t, int)>& body) {
  {
    std::lock_guard lock(mutex_);
    body_ = &body;
    next_ = 0;
    count_ = count;
    error_ = nullptr;
    busy_ = static_cast<int>(workers_.size());
    ++generation_;
  }
  start_.notify_all();
  drain(0);
  std::unique_lock lock(mutex_);
  finish_.wait(lock, [this] { return busy_ == 0; });
  body_ = nullptr;
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

void ThreadPool::work(int worker) {
  std::uint64_t seen = 0;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      start_.wait(lock, [&] { return stop_ || generation_ != seen; });
      if (stop_) return;
      seen = generation_;
    }
    drain(worker);
    std::lock_guard lock(mutex_);
    if (--busy_ == 0) finish_.notify_one();
  }
}

void ThreadPool::drain(int worker) {
  for (;;) {
    std::int64_t index = 0;
    {
      std::lock_guard lock(mutex_);
      if (next_ == count_) return;
      index = next_++;
    }
    begun_.fetch_add(1, std::memory_order_relaxed);
    try {
      (*body_)(index, worker);
    } catch (...) {
      std::lock_guard lock(mutex_);
      if (!error_) error_ = std::current_exception();
      next_ = count_;
    }
  }
}

}  // namespace xib
