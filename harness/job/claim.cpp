#include "harness/job/claim.hpp"

#include "harness/comm/collective.hpp"
#include "harness/core/check.hpp"
#include "harness/core/notify.hpp"
#include "harness/core/paths.hpp"
#include "harness/record/heartbeat.hpp"
#include "harness/run/session.hpp"

#include <array>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

namespace xib {
namespace {

bool stopped_within(double seconds) {
  for (double slept = 0; slept < seconds && stop_signal() == 0; slept += 0.1) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  return stop_signal() != 0;
}

// Waits for every reference of this run that another process is doing, until it is there or no process does it any more. False: a stop signal came meanwhile.
bool await_references(const Job& job) {
  for (const std::string& id : job.planned.config.control.reference_id) {
    const RunFiles files = run_files(job.execution.out, job.plan.sweep.name, id);
    for (bool said = false; !id.empty() && !is_there(files.result); said = true) {
      const auto owner = Lease::held_by(files.lease);
      if (!owner) break;
      if (!said) notify("xibench: run {} waits for run {}, which is being done by {}\n", job.planned.id, id, owner->describe());
      if (stopped_within(5)) return false;
    }
  }
  return true;
}

// Takes the lease. It waits for a process that has reported its end but still has its lease for some moments: under mpirun, a rank outlives mpirun itself.
std::unique_ptr<Lease> take_lease(const RunFiles& files, Lease::Owner& holder) {
  constexpr int kTenths = 300;  // longer than a stalled run takes to end (end_stalled)
  auto lease = Lease::take(files.lease, holder);
  const auto is_ending = [&] {
    const auto beat = read_heartbeat(files.heartbeat);
    return beat && beat->state != Standing::running && beat->pid == holder.pid && beat->host == holder.host;
  };
  for (int tenth = 0; !lease && tenth < kTenths && is_ending() && !stopped_within(0.1); ++tenth) lease = Lease::take(files.lease, holder);
  return lease;
}

// Rank 0's part. nullopt: the run is ours, and `lease` is taken.
std::optional<Outcome> outcome_without_us(const Job& job, std::unique_ptr<Lease>& lease) {
  const std::string& id = job.planned.id;
  std::error_code problem;
  std::filesystem::create_directories(job.files.directory, problem);
  if (problem) refuse("cannot create the output directory {}: {}: choose another with --out", job.files.directory, problem.message());
  if (const auto standing = clean_if_settled(job.files, id)) return outcome_before(*standing);
  if (stop_signal() || !await_references(job)) return Outcome{Standing::interrupted};
  Lease::Owner holder;
  lease = take_lease(job.files, holder);
  if (!lease) {
    notify("xibench: run {} is being done by {}: not done here (if you know that this process has ended, remove {})\n", id, holder.describe(), job.files.lease);
    return Outcome{Standing::elsewhere};
  }
  if (const auto standing = clean_if_settled(job.files, id)) return outcome_before(*standing);  // its former owner finished it in between
  if (lease->still_ours()) set_aside_damaged_result(job.files, id);
  if (!lease->taken_from().empty()) notify("xibench: run {} is taken over from {}\n", id, lease->taken_from());
  return std::nullopt;
}

}  // namespace

Claim claim(const Job& job) {
  struct Answer {
    std::optional<Outcome> outcome = {};
    std::array<char, 33> token = {};  // of the lease
  };
  Claim mine;
  const Answer answer = from_rank_0<Answer>(job.communicator, [&] {
    Answer from_first{.outcome = outcome_without_us(job, mine.lease)};
    if (!from_first.outcome) mine.lease->token().copy(from_first.token.data(), from_first.token.size() - 1);
    return from_first;
  });
  mine.outcome = answer.outcome;
  if (mine.outcome) return mine;
  const std::string token = answer.token.data();
  mine.incarnation = {token, [path = job.files.lease, id = job.planned.id, token] {
                        if (!Lease::holds(path, token)) fail("another process has taken over run {}; this process stops", id);
                      }};
  return mine;
}

}  // namespace xib
