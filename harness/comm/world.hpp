#pragma once

#include "harness/comm/communicator.hpp"

#include <memory>

namespace xib {

// The ranks this process was started with: those of MPI when it was launched by mpirun or srun, else it alone. Throws Error(input) when
// it was launched as one of several and this build has no MPI, or one that does not fit the launcher.
std::unique_ptr<Communicator> make_world();

bool launched_with_others();  // by mpirun or srun, even if there is one rank only
int local_rank();             // place of this rank on its host, as the launcher says; 0 without one
int local_ranks();            // ranks on this host, as the launcher says; 1 without one

}  // namespace xib
