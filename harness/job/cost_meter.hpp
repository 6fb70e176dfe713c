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

// Energy counters of this host's processor packages: Linux's powercap, DIR/intel-rapl:N/energy_uj (AMD has them too). They count all work on the host. Often
// only root may read them.
class EnergyMeter {
 public:
  explicit EnergyMeter(const std::string& directory = "/sys/class/powercap");
  double joules() const;  // since construction; NaN: no readable counter. A counter may have wrapped at most once

 private:
  struct Package {
    std::string path;
    double begin, range;  // µJ
  };
  std::vector<Package> packages_;
};

// Sources of energy counters for a CostMeter.
struct EnergySources {
  std::string powercap = "/sys/class/powercap";
  std::string nvml = {};  // library; "": the run uses no GPU, and the library is not loaded
};

// Cost of a run so far: core-seconds (ranks x threads x wall-clock seconds) and joules, of this attempt and all earlier ones. The heartbeat passes them from
// attempt to attempt, so killed attempts are included. Costs are not science: no digest covers them.
class CostMeter {
 public:
  explicit CostMeter(std::int64_t processors, const EnergySources& sources = {});  // the attempt begins
  void add_earlier(const std::optional<Heartbeat>& earlier);                       // the last heartbeat before this attempt; nullopt: this attempt is the first
  void write(Heartbeat& beat) const;                              // writes all costs except `heard` and `state` of this attempt, which the caller sets
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

// Gives freed memory back to the system, and resets the kernel's record of this process's peak memory to the present memory.
void reset_peak_memory();
std::int64_t peak_memory();  // bytes (VmHWM); 0: not known
// Collective. Sum of the peaks of all ranks, on rank 0.
std::int64_t peak_memory_of_ranks(Communicator& communicator);

}  // namespace xib
