#pragma once

#include "harness/comm/communicator.hpp"

#include <memory>
#include <string>

namespace xib {

// Communicator of the ranks of MPI_COMM_WORLD. It initialises MPI (FUNNELED) at construction and finalises it at destruction; one per process. Throws
// Error(work) if an MPI call fails.
std::unique_ptr<Communicator> make_mpi_communicator();

std::string mpi_library();  // "Open MPI v4.1.4"
bool mpi_speaks_pmi();      // false: the build found that ranks can find each other only by PMIx, not by PMI

}  // namespace xib
