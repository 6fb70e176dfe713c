#include "harness/job/provenance.hpp"

#include "harness/core/check.hpp"
#include "harness/job/build_info.hpp"
#include "harness/job/library_versions.hpp"

#include <link.h>
#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <set>
#include <thread>

extern char** environ;

namespace xib {
namespace {

constexpr std::array<std::string_view, 21> kEnvironment = {"XIBENCH_", "OMP_",   "MKL_",      "DNNL_",     "ONEDNN_",         "ATEN_",      "OPENBLAS_",
                                                           "NCCL_",    "UCX_",   "OMPI_MCA_", "PMIX_MCA_", "SLURM_",          "CUDA_",      "CUBLAS_",
                                                           "CUDNN_",   "TORCH_", "PYTORCH_",  "HDF5_",     "LD_LIBRARY_PATH", "LD_PRELOAD", "MALLOC_"};

std::string first_line(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

std::string field_of(const std::string& path, std::string_view key) {
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(key))
      if (const auto colon = line.find(':'); colon != std::string::npos) return line.substr(line.find_first_not_of(" \t", colon + 1));
  return "";
}

std::string operating_system() {
  std::ifstream in("/etc/os-release");
  std::string name = "unknown";
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("PRETTY_NAME=")) name = line.substr(13, line.size() - 14);
  utsname kernel{};
  uname(&kernel);
  return fmt::format("{}, {} {}", name, kernel.sysname, kernel.release);
}

std::string environment() {
  std::set<std::string> lines;
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text(*entry);
    if (std::any_of(kEnvironment.begin(), kEnvironment.end(), [&](auto prefix) { return text.starts_with(prefix); })) lines.emplace(text);
  }
  return fmt::format("{}", fmt::join(lines, "\n"));
}

int note_library(dl_phdr_info* info, std::size_t, void* out) {
  if (info->dlpi_name && info->dlpi_name[0] == '/') static_cast<std::set<std::string>*>(out)->insert(info->dlpi_name);
  return 0;
}

std::string mapped_libraries() {
  std::set<std::string> paths;
  dl_iterate_phdr(note_library, &paths);
  return fmt::format("{}", fmt::join(paths, "\n"));
}

}  // namespace

std::string slurm_job() {
  const auto get = [](const char* name) { return std::string(std::getenv(name) ? std::getenv(name) : ""); };
  const std::string array = get("SLURM_ARRAY_JOB_ID");
  return array.empty() ? get("SLURM_JOB_ID") : array + "_" + get("SLURM_ARRAY_TASK_ID");  // an array task's SLURM_JOB_ID is another number
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text.data();
}

std::string host_name() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

int usable_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  return std::max(1, CPU_COUNT(&set));
}

Facts build_facts() {
  Facts facts = {{"git_commit", build_info::commit}, {"git_dirty", build_info::dirty ? "1" : "0"}, {"git_diff", build_info::diff},
                 {"compiler", build_info::compiler}, {"compiler_flags", build_info::flags},        {"build_type", build_info::type},
                 {"version", build_info::version}};
  for (auto& fact : library_versions()) facts.push_back(std::move(fact));
  return facts;
}

Facts machine_facts() {
  return {{"host", host_name()},
          {"os", operating_system()},
          {"cpu", field_of("/proc/cpuinfo", "model name")},
          {"cpu_flags", field_of("/proc/cpuinfo", "flags")},
          {"cpu_governor", first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")},
          {"gpu_driver", first_line("/sys/module/nvidia/version")},  // "" where there is none
          {"processors", fmt::format("{}", std::thread::hardware_concurrency())},
          {"usable_processors", fmt::format("{}", usable_processors())},
          {"memory", field_of("/proc/meminfo", "MemTotal")},
          {"load_at_start", first_line("/proc/loadavg")},
          {"environment", environment()},
          {"libraries", mapped_libraries()}};
}

std::string rank_facts(Communicator& communicator, int threads) {
  const std::string mine = fmt::format("rank {}: host {}, pid {}, processors {}, threads {}\n", communicator.rank(), host_name(), getpid(),
                                       field_of("/proc/self/status", "Cpus_allowed_list"), threads);
  const auto all = communicator.gather(std::as_bytes(std::span(mine)));
  return {reinterpret_cast<const char*>(all.data()), all.size()};
}

}  // namespace xib
