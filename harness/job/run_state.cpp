#include "harness/job/run_state.hpp"

#include <fmt/format.h>

#include "harness/core/process.hpp"

namespace xib {
namespace {

constexpr double kSilence = 120;  // seconds; a run speaks every few

}  // namespace

RunState state_of(bool complete, const std::optional<Heartbeat>& heartbeat, const std::string& this_host, double now_unix) {
  if (complete) return {Standing::finished, ""};
  if (!heartbeat) return {Standing::missing, ""};
  const Heartbeat& beat = *heartbeat;
  if (beat.state == Standing::failed) return {Standing::failed, beat.error};
  if (beat.state == Standing::interrupted) return {Standing::interrupted, beat.error};
  if (beat.host == this_host && process_is_gone(beat.pid))
    return {Standing::killed, fmt::format("process {} on {} is gone; its last report is of {}", beat.pid, beat.host, beat.updated)};
  const std::string where = beat.slurm_job.empty() ? beat.host : fmt::format("{}, Slurm job {}", beat.host, beat.slurm_job);
  const double silent = now_unix - beat.updated_unix;
  if (silent > kSilence) return {Standing::running, fmt::format("no report for {:.0f} s: process {} on {}", silent, beat.pid, where), true};
  return {Standing::running, fmt::format("on {}", where)};
}

}  // namespace xib
