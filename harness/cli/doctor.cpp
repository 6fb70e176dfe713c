#include "harness/cli/commands.hpp"
#include "harness/cli/json_text.hpp"
#include "harness/core/check.hpp"
#include "harness/core/paths.hpp"
#include "harness/job/provenance.hpp"
#include "harness/run/accelerator.hpp"
#include "harness/task/make_task.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <memory>

namespace xib {
namespace {

// The first line a program prints, "" when it is not there.
std::string ask(const char* command) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command, "r"), pclose);
  std::array<char, 256> line{};
  if (!pipe || !std::fgets(line.data(), line.size(), pipe.get())) return "";
  std::string text(line.data());
  return text.substr(0, text.find('\n'));
}

struct Finding {
  std::string name, value;
  std::string cost;  // what its absence costs; "" where nothing is lost
};

std::vector<Finding> examine() {
  std::vector<Finding> findings;
  const auto add = [&](std::string name, std::string value, std::string cost) { findings.push_back({std::move(name), std::move(value), std::move(cost)}); };
  const auto value = [](const Facts& facts, const std::string& name) {
    for (const auto& [key, text] : facts)
      if (key == name) return text;
    return std::string();
  };
  const Facts build = build_facts(), machine = machine_facts();
  add("xibench",
      fmt::format("{} (commit {}{})", value(build, "version"), value(build, "git_commit").substr(0, 10),
                  value(build, "git_dirty") == "1" ? ", with local changes" : ""),
      "");
  add("compiler", value(build, "compiler") + ", " + value(build, "compiler_flags"), "");
  add("CPU",
      fmt::format("{}, {} processors, {} usable by this process", value(machine, "cpu"), value(machine, "processors"), value(machine, "usable_processors")),
      "");
  add("memory", value(machine, "memory"), "");
  add("OS", value(machine, "os"), "");
  add("LibTorch", value(build, "libtorch"), "no networks, only constructed problems: install libtorch-dev and configure with -DXB_WITH_TORCH=ON");
  add("MPI", value(build, "mpi"), "one process only, no mpirun: install libopenmpi-dev and configure with -DXB_WITH_MPI=ON");
  add("HDF5", value(build, "hdf5"), "no run files");
  add("CUDA", value(build, "cuda"), "no GPUs, --device cuda is refused: configure with -DXB_WITH_CUDA=ON on a machine with a CUDA toolkit");
  add("NCCL", value(build, "nccl"),
      value(build, "cuda").empty() ? "no exchange between GPUs"
                                   : "exchange between GPUs goes through pinned host memory: install NCCL and configure with -DXB_WITH_NCCL=ON");
  add("GPU", ask("nvidia-smi --query-gpu=name,driver_version --format=csv,noheader 2>/dev/null"), "runs use the CPU");
  if (!value(build, "cuda").empty()) {
    const std::string problem = gpu_problem({"cuda"});
    add("GPU as a run gets it", problem.empty() ? "answers" : "", problem);
    const std::string networks = networks_on_gpu_problem();
    add("networks on a GPU", networks.empty() ? "grouped, graph, nodes" : "", networks);
  }
  add("mpirun", ask("mpirun --version 2>/dev/null"), "no ranks: install openmpi-bin");
  add("Slurm", ask("sbatch --version 2>/dev/null"), "no sbatch: the scripts in slurm/ cannot submit on this machine");
  add("/usr/bin/python3, with libraries", ask("/usr/bin/python3 -c 'import sys, h5py, matplotlib, numpy, scipy; print(sys.version.split()[0])' 2>/dev/null"),
      "no figures: install python3-h5py, python3-matplotlib, python3-numpy and python3-scipy");
  add("curl", ask("curl --version 2>/dev/null | cut -d' ' -f1,2"), "no xibench data fetch: install curl");
  const bool fashion = look_at("/usr/share/datasets/fashion-mnist").kind == Place::Kind::folder;
  add("Fashion-MNIST", fashion ? "/usr/share/datasets/fashion-mnist" : "", "no quickstart: install dataset-fashion-mnist");
  return findings;
}

}  // namespace

Command add_doctor(CLI::App& command) {
  auto json = std::make_shared<bool>(false);
  command.add_flag("--json", *json, "print JSON");
  return [json] {
    const auto findings = examine();
    if (*json) {
      nlohmann::ordered_json out = {{"schema", "xibench-doctor"}, {"schema_version", 1}, {"findings", nlohmann::ordered_json::array()}};
      for (const auto& f : findings)
        out["findings"].push_back({{"name", f.name}, {"value", f.value}, {"missing", f.value.empty()}, {"cost", f.value.empty() ? f.cost : ""}});
      fmt::print("{}\n", json_text(out));
      return 0;
    }
    for (const auto& f : findings) fmt::print("{:<34}{}\n", f.name, f.value.empty() ? "missing: " + f.cost : printable(f.value));
    return 0;
  };
}

}  // namespace xib
