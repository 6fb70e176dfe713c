#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/job/gpu_energy.hpp"
#include "harness/job/provenance.hpp"
#include "harness/record/heartbeat.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace xib {

// Energy counters of this host's processor packages: Linux's powercap, DIR/intel-rapl:N/energy_uj (AMD's too). They count all that the host does. Often
// only root may read them.
class EnergyMeter {
 public:
  explicit EnergyMeter(const std::string& directory = "/sys/class/powercap");
  double joules() const;  // since construction; NaN: there is no counter that can be read. A counter that wrapped did so once

 private:
  struct Package {
    std::string path;
    double begin, range;  // µJ
  };
  std::vector<Package> packages_;
};

// Where a CostMeter gets joules from.
struct EnergySources {
  std::string powercap = "/sys/class/powercap";
  std::string nvml = {};  // library; "": the run uses no GPU, and nothing is asked
};

// Cost of a run so far: core-seconds (ranks x threads x wall-clock seconds) and joules, of this attempt and, as the heartbeat hands them on from
// attempt to attempt, of all earlier ones, those that were killed and left no result included. Costs are no science: they are in no digest.
class CostMeter {
 public:
  explicit CostMeter(std::int64_t processors, const EnergySources& sources = {});  // the attempt begins
  void add_earlier(const std::optional<Heartbeat>& earlier);      // what the last heartbeat before this attempt said; nullopt: this is the first
  void write(Heartbeat& beat) const;                              // all but `heard` and `state` of this attempt, which the heartbeat is stamped with
  Facts facts(std::int64_t peak_memory, Standing outcome) const;  // for /provenance; bytes, 0: not known

 private:
  std::int64_t processors_, earlier_attempts_ = 0;
  double earlier_core_seconds_ = 0, earlier_joules_ = 0, earlier_gpu_joules_ = 0;
  std::vector<AttemptCost> earlier_;
  std::string begun_utc_ = utc_now();
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  EnergyMeter energy_;
  GpuEnergyMeter gpu_energy_;
};

// The kernel's note of this process's largest resident memory starts anew from the present one.
void reset_peak_memory();
std::int64_t peak_memory();  // bytes (VmHWM); 0: not known
// Collective: the sum of all ranks' peaks, on rank 0.
std::int64_t peak_memory_of_ranks(Communicator& communicator);

}  // namespace xib
