#pragma once

#include <memory>
#include <string>
#include <vector>

namespace xib {

inline constexpr const char* kNvml = "libnvidia-ml.so.1";  // comes with NVIDIA's driver

// Energy counters of this host's GPUs, as NVIDIA's management library tells them: all GPUs that it shows, which in a job of Slurm are mostly the job's own.
// The library is looked for at run time, so that no build needs it.
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
  std::vector<double> read() const;  // mJ, by GPU; none where one cannot tell
  std::unique_ptr<Library> library_;
  std::vector<double> begin_;
};

}  // namespace xib
