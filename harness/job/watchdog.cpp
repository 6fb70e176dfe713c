#include "harness/job/watchdog.hpp"

#include "harness/core/check.hpp"
#include "harness/core/limits.hpp"
#include "harness/job/provenance.hpp"

#include <algorithm>
#include <chrono>
#include <system_error>

namespace xib {
namespace {

using Clock = std::chrono::steady_clock;  // a system clock may jump

double seconds_since(Clock::time_point then) { return std::chrono::duration<double>(Clock::now() - then).count(); }

std::string describe(const Communicator& communicator, const Activity& activity, const std::atomic<std::int64_t>* step) {
  const std::string where = step ? fmt::format("step {}", step->load()) : "loading";
  const std::string who = fmt::format("rank {} on {}, {}", communicator.rank(), host_name(), where);
  const double since = seconds_since(activity.since);
  if (activity.operation.empty()) return fmt::format("{}: has been computing, reading or writing for {:.1f} s and waits for no rank", who, since);
  return fmt::format("{}: has waited for {:.1f} s in {} for rank{} {}", who, since, activity.operation, activity.peers.size() == 1 ? "" : "s",
                     fmt::join(activity.peers, ", "));
}

}  // namespace

Watchdog::Watchdog(const Communicator& communicator, double stall_seconds, std::function<void(const std::string& report)> on_stall)
    : communicator_(communicator), stall_seconds_(stall_seconds), on_stall_(std::move(on_stall)) {
  if (stall_seconds > 0) try {
      thread_ = std::thread([this] { watch(); });
    } catch (const std::system_error& error) {
      fail("cannot start a thread that watches this rank: {}; {}: raise the limit, or start fewer processes", error.code().message(), thread_limits());
    }
}

void Watchdog::follow(const ThreadPool& pool, const std::atomic<std::int64_t>& step) {
  const std::lock_guard lock(mutex_);
  pool_ = &pool;
  step_ = &step;
}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    end_ = true;
  }
  ending_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Watchdog::watch() {
  const double pause = std::clamp(stall_seconds_ / 20, 0.01, 1.0);  // all ranks notice before the first of them ends all
  std::uint64_t changes = 0, begun = 0;
  double still = 0;
  auto looked = Clock::now();
  std::unique_lock lock(mutex_);
  while (!ending_.wait_for(lock, std::chrono::duration<double>(pause), [&] { return end_; })) {
    still += std::min(seconds_since(looked), 2 * pause);
    looked = Clock::now();
    const Activity activity = communicator_.activity();
    const std::uint64_t begun_now = pool_ ? pool_->begun() : 0;
    if (activity.changes != changes || begun_now != begun) still = 0;
    changes = activity.changes;
    begun = begun_now;
    if (still < stall_seconds_) continue;
    on_stall_(fmt::format("no progress for {:.0f} s: {}", stall_seconds_, describe(communicator_, activity, step_)));
    return;
  }
}

}  // namespace xib
