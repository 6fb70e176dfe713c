#include "harness/comm/launcher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <initializer_list>

namespace xib {
namespace {

// Variables with the number of all processes; the first that is set counts. mpirun's is first, because an mpirun inside a step of another launcher is the one
// that the user means.
constexpr std::array kSizes = {"OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE", "PMI_SIZE", "JSM_NAMESPACE_SIZE"};
constexpr std::array kRanks = {"PMIX_RANK", "PMI_RANK", "MPI_LOCALRANKID"};  // from 0

const char* variable(const char* name) {
  const char* value = std::getenv(name);
  return value && *value ? value : nullptr;
}

bool any(std::initializer_list<const char*> names) { return std::any_of(names.begin(), names.end(), variable); }

// Variable with the number of processes of this step of Slurm. A batch script has no step number, and the terminal of a step (--pty) belongs only to its first
// task.
const char* tasks_of_step() {
  if (!variable("SLURM_STEP_ID") || variable("SLURM_PTY_PORT")) return nullptr;
  return variable("SLURM_STEP_NUM_TASKS") ? "SLURM_STEP_NUM_TASKS" : variable("SLURM_NTASKS") ? "SLURM_NTASKS" : nullptr;
}

}  // namespace

Launch launch_of_this_process() {
  Launch launch;
  launch.pmix = any({"PMIX_SERVER_URI", "PMIX_SERVER_URI2", "PMIX_SERVER_URI21", "PMIX_SERVER_URI3", "PMIX_SERVER_URI4", "PMIX_SERVER_URI41"});
  launch.pmi = any({"PMI_RANK", "PMI_SIZE", "MV2_COMM_WORLD_SIZE", "JSM_NAMESPACE_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS"});
  const auto tells = [&](const char* name, int more) {
    const int processes = std::atoi(variable(name)) + more;
    if (!launch.said.empty() && processes <= launch.processes) return;
    launch.said = fmt::format("{}={}", name, variable(name));
    launch.processes = std::max(1, processes);
  };
  for (const char* name : kSizes)
    if (variable(name)) {
      tells(name, 0);
      return launch;
    }
  for (const char* name : kRanks)
    if (variable(name)) tells(name, 1);
  if (variable("MPI_LOCALNRANKS")) tells("MPI_LOCALNRANKS", 0);
  if (const char* tasks = tasks_of_step(); tasks && (!launch.said.empty() || std::atoi(variable(tasks)) > 1)) tells(tasks, 0);
  return launch;
}

std::string misfit(const Launch& launch, const std::string& seen) {
  const std::string number = launch.processes > 1 ? fmt::format("at least {} processes", launch.processes) : "ranks";
  return fmt::format(
      "a launcher started {} ({}), but {}: launcher and MPI do not match, and each process would do the whole run: use the mpirun of this program's MPI or "
      "srun --mpi=pmix, for one process srun --ntasks=1 --mpi=none; without a launcher unset {}",
      number, launch.said, seen, launch.said.substr(0, launch.said.find('=')));
}

}  // namespace xib
