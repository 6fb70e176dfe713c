#pragma once

#include "harness/comm/communicator.hpp"

#include <memory>
#include <string>

namespace xib {

// The ranks of MPI_COMM_WORLD. Initialises MPI (FUNNELED) at construction and finalises it at destruction; one per process.
// Throws Error(work) when an MPI call fails.
std::unique_ptr<Communicator> make_mpi_communicator();

std::string mpi_library();  // "Open MPI v4.1.4"
bool mpi_speaks_pmi();      // whether ranks may find each other by PMI, not by PMIx alone; as far as the build could learn it

}  // namespace xib
