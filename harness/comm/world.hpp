#pragma once

#include "harness/comm/communicator.hpp"

#include <memory>

namespace xib {

// Communicator of the ranks that this process was started with: those of MPI if mpirun or srun launched it, else this process alone. Throws Error(input) if it
// is one of several and this build has no MPI, or an MPI that does not fit the launcher.
std::unique_ptr<Communicator> make_world();

bool launched_with_others();  // true: mpirun or srun launched this process, even as the only rank
int local_rank();             // place of this rank on its host, from the launcher; 0 without a launcher
int local_ranks();            // number of ranks on this host, from the launcher; 1 without a launcher

}  // namespace xib
