#include "harness/job/cost_meter.hpp"

#include "harness/comm/collective.hpp"
#include "harness/core/nan.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <numeric>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace xib {
namespace {

double read_number(const std::string& path) {
  std::ifstream in(path);
  double value = kNaN;
  in >> value;
  return in ? value : kNaN;
}

}  // namespace

EnergyMeter::EnergyMeter(const std::string& directory) {
  std::error_code none;
  for (std::filesystem::directory_iterator it(directory, none), end; !none && it != end; it.increment(none)) {
    const std::string name = it->path().filename().string();
    if (!name.starts_with("intel-rapl:") || name.find(':') != name.rfind(':')) continue;  // a second colon: a part of a package
    const std::string path = it->path().string() + "/energy_uj";
    const double begin = read_number(path), range = read_number(it->path().string() + "/max_energy_range_uj");
    if (std::isfinite(begin)) packages_.push_back({path, begin, range});
  }
}

double EnergyMeter::joules() const {
  double sum = packages_.empty() ? kNaN : 0;
  for (const auto& package : packages_) {
    double used = read_number(package.path) - package.begin;
    if (used < 0) used += package.range;
    sum += used / 1e6;
  }
  return sum;
}

CostMeter::CostMeter(std::int64_t processors, const EnergySources& sources) : processors_(processors), energy_(sources.powercap), gpu_energy_(sources.nvml) {}

void CostMeter::add_earlier(const std::optional<Heartbeat>& earlier) {
  if (!earlier) return;
  const bool told = earlier->attempts > 0;  // else it was written before costs were: then nothing is known of the attempts so far
  earlier_attempts_ = earlier->attempts;
  earlier_core_seconds_ = told ? earlier->core_seconds : kNaN;
  earlier_joules_ = told ? earlier->energy_joules : kNaN;
  earlier_gpu_joules_ = told ? earlier->gpu_joules : kNaN;
  earlier_ = earlier->costs;
  if (!earlier_.empty() && earlier_.back().state == Standing::running) earlier_.back().state = Standing::killed;  // and this attempt has its lease
}

void CostMeter::write(Heartbeat& beat) const {
  AttemptCost mine{.begun = begun_utc_, .heard = beat.updated, .state = beat.state, .host = beat.host, .slurm_job = beat.slurm_job, .processors = processors_};
  mine.core_seconds = static_cast<double>(processors_) * std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
  mine.energy_joules = energy_.joules();
  mine.gpu_joules = gpu_energy_.joules();
  beat.processors = processors_;
  beat.attempts = earlier_attempts_ + 1;
  beat.core_seconds = earlier_core_seconds_ + mine.core_seconds;
  beat.energy_joules = earlier_joules_ + mine.energy_joules;
  beat.gpu_joules = earlier_gpu_joules_ + mine.gpu_joules;
  beat.costs = earlier_;
  beat.costs.push_back(std::move(mine));
}

Facts CostMeter::facts(std::int64_t peak_memory, Standing outcome) const {
  Heartbeat beat;
  beat.updated = utc_now();
  beat.state = outcome;
  beat.host = host_name();
  beat.slurm_job = slurm_job();
  write(beat);
  Facts facts;
  if (std::isfinite(beat.core_seconds))
    facts = {{"attempts_begun", fmt::format("{}", beat.attempts)}, {"core_seconds", fmt::format("{:.3f}", beat.core_seconds)}};
  facts.emplace_back("attempt_costs", cost_json(beat.costs));
  if (std::isfinite(beat.energy_joules)) {
    facts.emplace_back("energy_joules", fmt::format("{:.1f}", beat.energy_joules));
    facts.emplace_back("energy_source", "RAPL: the packages of rank 0's host, whatever else ran there");
  }
  if (std::isfinite(beat.gpu_joules)) {
    facts.emplace_back("gpu_joules", fmt::format("{:.1f}", beat.gpu_joules));
    facts.emplace_back("gpu_energy_source", fmt::format("NVML: the {} GPUs that rank 0's host shows, whatever else ran there", gpu_energy_.gpus()));
  }
  if (peak_memory > 0) facts.emplace_back("memory_peak_bytes", fmt::format("{}", peak_memory));
  return facts;
}

void reset_peak_memory() {
#ifdef __GLIBC__
  malloc_trim(0);  // else what an earlier run of this process freed would count as this run's (keep_freed_memory())
#endif
  std::ofstream("/proc/self/clear_refs") << "5\n";
}

std::int64_t peak_memory() {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("VmHWM:")) return 1024 * std::atoll(line.c_str() + std::strlen("VmHWM:"));
  return 0;
}

std::int64_t peak_memory_of_ranks(Communicator& communicator) {
  const std::vector<double> all = of_all_ranks(communicator, static_cast<double>(peak_memory()));
  return static_cast<std::int64_t>(std::accumulate(all.begin(), all.end(), 0.0));
}

}  // namespace xib
