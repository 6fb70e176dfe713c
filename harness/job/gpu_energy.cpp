#include "harness/job/gpu_energy.hpp"

#include "harness/core/nan.hpp"

#include <dlfcn.h>

namespace xib {

// The few functions of nvml.h (CUDA 8 and later) that are called; all return 0 where they succeed.
struct GpuEnergyMeter::Library {
  void* handle = nullptr;
  int (*init)() = nullptr;
  int (*shutdown)() = nullptr;
  int (*count)(unsigned*) = nullptr;
  int (*device)(unsigned, void**) = nullptr;
  int (*energy)(void*, unsigned long long*) = nullptr;  // mJ since the driver was loaded
  bool started = false;

  explicit Library(const std::string& name) : handle(dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    find("nvmlInit_v2", init);
    find("nvmlShutdown", shutdown);
    find("nvmlDeviceGetCount_v2", count);
    find("nvmlDeviceGetHandleByIndex_v2", device);
    find("nvmlDeviceGetTotalEnergyConsumption", energy);
    started = init && shutdown && count && device && energy && init() == 0;
  }
  ~Library() {
    if (started) shutdown();
    if (handle) dlclose(handle);
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  template <class Function>
  void find(const char* name, Function& function) {
    if (handle) function = reinterpret_cast<Function>(dlsym(handle, name));
  }
};

GpuEnergyMeter::GpuEnergyMeter(const std::string& library) {
  if (library.empty()) return;
  library_ = std::make_unique<Library>(library);
  if (library_->started) begin_ = read();
}

GpuEnergyMeter::~GpuEnergyMeter() = default;

std::vector<double> GpuEnergyMeter::read() const {
  std::vector<double> energies;
  unsigned count = 0;
  if (library_->count(&count) != 0) return {};
  for (unsigned k = 0; k < count; ++k) {
    void* device = nullptr;
    unsigned long long energy = 0;
    if (library_->device(k, &device) != 0 || library_->energy(device, &energy) != 0) return {};
    energies.push_back(static_cast<double>(energy));
  }
  return energies;
}

double GpuEnergyMeter::joules() const {
  if (begin_.empty()) return kNaN;
  const std::vector<double> now = read();
  if (now.size() != begin_.size()) return kNaN;
  double sum = 0;
  for (std::size_t k = 0; k < now.size(); ++k) {
    if (now[k] < begin_[k]) return kNaN;  // the driver was loaded anew: its counter began again
    sum += (now[k] - begin_[k]) / 1000;
  }
  return sum;
}

}  // namespace xib
