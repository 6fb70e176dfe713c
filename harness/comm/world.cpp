#include "harness/comm/world.hpp"

#include "harness/comm/launcher.hpp"
#include "harness/comm/single.hpp"
#include "harness/core/check.hpp"
#ifdef XB_WITH_MPI
#include "harness/comm/mpi_communicator.hpp"
#endif

#include <algorithm>
#include <cstdlib>

namespace xib {

bool launched_with_others() { return !launch_of_this_process().said.empty(); }

std::unique_ptr<Communicator> make_world() {
  const Launch launch = launch_of_this_process();
  if (launch.said.empty()) return make_single_communicator();
#ifdef XB_WITH_MPI
  const bool is_rank = launch.processes > 1 || !launch.said.starts_with("OMPI_");  // a lone process under an mpirun that is gone has nobody to meet
  if (is_rank && !launch.pmix && !launch.pmi) refuse("{}", misfit(launch, "gives MPI no way to find the other processes"));
  if (launch.processes > 1 && !launch.pmix && !mpi_speaks_pmi())
    refuse("{}", misfit(launch, fmt::format("{} finds other processes only by PMIx", mpi_library())));
  auto world = make_mpi_communicator();
  if (world->size() == 1 && launch.processes > 1) refuse("{}", misfit(launch, fmt::format("{} sees this one alone", mpi_library())));
  return world;
#else
  refuse("this process was launched as an MPI rank ({}), but this build has no MPI (each rank would do the whole run): configure with -DXB_WITH_MPI=ON",
         launch.said);
#endif
}

int local_rank() {
  for (const char* name : {"OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID", "SLURM_LOCALID"})
    if (const char* value = std::getenv(name)) return std::max(0, std::atoi(value));
  return 0;
}

int local_ranks() {
  for (const char* name : {"OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS", "SLURM_NTASKS_PER_NODE"})
    if (const char* value = std::getenv(name)) return std::max(1, std::atoi(value));
  return 1;
}

}  // namespace xib
