#pragma once

#include "harness/core/nan.hpp"
#include "harness/record/replace_file.hpp"
#include "harness/record/standing.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace xib {

// Cost of one attempt, up to its last heartbeat. If an attempt was killed (SIGKILL, preemption, a lost node), its work after the last heartbeat is unknown.
struct AttemptCost {
  std::string begun = {}, heard = {};     // ISO 8601 UTC: its beginning, and its last heartbeat
  Standing state = Standing::running;     // running, finished, diverged, interrupted, failed; killed: it ended without a report
  std::string host = {}, slurm_job = {};  // of rank 0
  std::int64_t processors = 0;            // ranks x threads
  double core_seconds = kNaN, energy_joules = kNaN, gpu_joules = kNaN;
};
std::string cost_json(const std::vector<AttemptCost>& attempts);    // an array of objects; NaN is null
std::vector<AttemptCost> costs_from_json(const std::string& text);  // throws nlohmann::json::exception for anything else

// Report of a run that is going on, was interrupted or failed, in DIR/<name>/<id>.json; `xibench status` reads it. It is replaced by rename, so that a reader
// never sees half of it, and removed when the run file exists.
struct Heartbeat {
  std::string run_id, variant;
  Standing state = Standing::running;          // or failed, interrupted
  std::string error;                           // of a failed run
  std::int64_t seed = 0, step = 0, steps = 0;  // steps = 0: not known yet, because the run is being set up
  double loss = kNaN, consensus_distance = kNaN, samples_per_s = kNaN, eta_s = kNaN;
  std::string host, slurm_job, updated;  // updated: ISO 8601 UTC
  std::int64_t pid = 0;
  double updated_unix = 0;
  std::int64_t processors = 0, attempts = 0;         // ranks x threads of this attempt; attempts up to this one, 0: not known
  double core_seconds = kNaN, energy_joules = kNaN;  // of all attempts so far (job/cost_meter.hpp)
  double gpu_joules = kNaN;
  std::vector<AttemptCost> costs = {};  // one per attempt, this one last; fewer than `attempts` if older builds, which keep none, took part
};
void write_heartbeat(const std::string& path, const Heartbeat& heartbeat, const Incarnation& by = {});
std::optional<Heartbeat> read_heartbeat(const std::string& path);  // nullopt: none, or empty after a power loss; throws Error(input) if it is no heartbeat

}  // namespace xib
