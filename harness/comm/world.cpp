#include "harness/comm/world.hpp"

#include "harness/comm/single.hpp"
#include "harness/core/check.hpp"
#ifdef XB_WITH_MPI
#include "harness/comm/mpi_communicator.hpp"
#endif

#include <algorithm>
#include <cstdlib>

namespace xib {

bool launched_with_others() {
  return std::getenv("OMPI_COMM_WORLD_SIZE") || std::getenv("PMIX_RANK") || std::getenv("PMI_RANK");
}

std::unique_ptr<Communicator> make_world() {
  if (!launched_with_others()) return make_single_communicator();
#ifdef XB_WITH_MPI
  return make_mpi_communicator();
#else
  refuse("this process was launched as an MPI rank, but this build has no MPI (each rank would do the whole run): configure with -DXB_WITH_MPI=ON");
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
