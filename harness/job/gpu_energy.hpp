#pragma once

#include <memory>
#include <string>
#include <vector>

namespace xib {

inline constexpr const char* kNvml = "libnvidia-ml.so.1";  // comes with NVIDIA's driver

// Energy counters of this host's GPUs from NVIDIA's management library (NVML): all GPUs that it shows, in a Slurm job usually those of the job. The library is
// loaded at run time, so that no build needs it.
class GpuEnergyMeter {
 public:
  explicit GpuEnergyMeter(const std::string& library);  // "": none
  ~GpuEnergyMeter();
  GpuEnergyMeter(const GpuEnergyMeter&) = delete;
  GpuEnergyMeter& operator=(const GpuEnergyMeter&) = delete;
  double joules() const;  // since construction, of all GPUs; NaN: no library, no GPU, or one that does not count (before Volta)
  std::size_t gpus() const { return begin_.size(); }

 private:
  struct Library;
  std::vector<double> read() const;  // mJ, one per GPU; empty if one GPU has no counter
  std::unique_ptr<Library> library_;
  std::vector<double> begin_;
};

}  // namespace xib
