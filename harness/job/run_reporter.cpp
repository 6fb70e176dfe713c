#include "harness/job/run_reporter.hpp"

#include "harness/core/check.hpp"
#include "harness/job/provenance.hpp"

#include <unistd.h>

#include <chrono>

namespace xib {
namespace {

constexpr std::chrono::seconds kHeartbeatPause{2};

void stamp(Heartbeat& beat, Standing state, const std::string& error) {
  beat.state = state;
  beat.error = error;
  beat.updated = utc_now();
  beat.updated_unix = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// Heartbeat of the attempt before; a damaged one tells nothing, not even that there was none.
std::optional<Heartbeat> last_heartbeat(const std::string& path) try { return read_heartbeat(path); } catch (const Error&) {
  return Heartbeat();
}

}  // namespace

RunReporter::RunReporter(const PlannedRun& planned, std::string heartbeat_path, Incarnation incarnation, ProgressLine& line, std::int64_t processors,
                         const EnergySources& energy)
    : path_(std::move(heartbeat_path)), incarnation_(std::move(incarnation)), line_(line), costs_(processors, energy) {
  reset_peak_memory();
  beat_.run_id = planned.id;
  beat_.variant = planned.variants.empty() ? "" : planned.variants.front();
  beat_.seed = planned.config.seed;
  beat_.host = host_name();
  beat_.pid = getpid();
  beat_.slurm_job = slurm_job();
}

void RunReporter::say(Standing state, const std::string& error) {
  if (!knows_earlier_) costs_.add_earlier(last_heartbeat(path_));
  knows_earlier_ = true;
  stamp(beat_, state, error);
  costs_.write(beat_);
  write_heartbeat(path_, beat_, incarnation_);
  written_ = std::chrono::steady_clock::now();
}

void RunReporter::begins(std::int64_t steps_done, std::int64_t steps) {
  beat_.step = steps_done;
  beat_.steps = steps;
  say(Standing::running);
}

void RunReporter::progress(const Session::Progress& p) {
  beat_.step = p.step;
  beat_.steps = p.steps;
  beat_.loss = p.loss;
  beat_.consensus_distance = p.distance;
  beat_.samples_per_s = p.samples_per_s;
  beat_.eta_s = p.eta_s;
  if (std::chrono::steady_clock::now() - written_ >= kHeartbeatPause) say(Standing::running);
  line_.update(p);
}

void mark_failed(const std::string& heartbeat_path, const std::string& reason, const Incarnation& by) noexcept try {
  auto beat = read_heartbeat(heartbeat_path);
  if (!beat || beat->state == Standing::failed) return;
  stamp(*beat, Standing::failed, reason);
  if (!beat->costs.empty()) beat->costs.back().state = Standing::failed;
  write_heartbeat(heartbeat_path, *beat, by);
} catch (const std::exception&) {
}

}  // namespace xib
