#pragma once

#include "harness/core/nan.hpp"
#include "harness/record/replace_file.hpp"
#include "harness/record/standing.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace xib {

// Cost of one attempt, up to its last heartbeat. An attempt that was killed (SIGKILL, preemption, a node lost) leaves what its last heartbeat said;
// what it did after that nobody knows.
struct AttemptCost {
  std::string begun = {}, heard = {};     // ISO 8601 UTC: its beginning, and its last heartbeat
  Standing state = Standing::running;     // running, finished, diverged, interrupted, failed; killed: it left without a word
  std::string host = {}, slurm_job = {};  // of rank 0
  std::int64_t processors = 0;            // ranks x threads
  double core_seconds = kNaN, energy_joules = kNaN, gpu_joules = kNaN;
};
std::string cost_json(const std::vector<AttemptCost>& attempts);    // an array of objects; NaN is null
std::vector<AttemptCost> costs_from_json(const std::string& text);  // throws nlohmann::json::exception for anything else

// DIR/<name>/<id>.json: what a run that is under way (or failed) says of itself; `xibench status` reads it. Replaced by rename,
// so a reader never sees half of it. Removed when the run file is there.
struct Heartbeat {
  std::string run_id, variant;
  Standing state = Standing::running;          // or failed, interrupted
  std::string error;                           // of a failed run
  std::int64_t seed = 0, step = 0, steps = 0;  // steps 0: not known yet, the run is being set up
  double loss = kNaN, consensus_distance = kNaN, samples_per_s = kNaN, eta_s = kNaN;
  std::string host, slurm_job, updated;  // updated: ISO 8601 UTC
  std::int64_t pid = 0;
  double updated_unix = 0;
  std::int64_t processors = 0, attempts = 0;         // ranks x threads of this attempt; attempts up to this one, 0: not known
  double core_seconds = kNaN, energy_joules = kNaN;  // of all attempts so far (job/cost_meter.hpp)
  double gpu_joules = kNaN;
  std::vector<AttemptCost> costs = {};  // attempt by attempt, this one last; fewer than `attempts` where builds that kept none took part
};
void write_heartbeat(const std::string& path, const Heartbeat& heartbeat, const Incarnation& by = {});
std::optional<Heartbeat> read_heartbeat(const std::string& path);  // nullopt: none, or empty after a power loss; throws Error(input) for what is no heartbeat

}  // namespace xib
