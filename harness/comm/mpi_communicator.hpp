#pragma once

#include "harness/comm/communicator.hpp"

#include <memory>

namespace xib {

// The ranks of MPI_COMM_WORLD. Initialises MPI (FUNNELED) at construction and finalises it at destruction; one per process.
// Throws Error(work) when an MPI call fails.
std::unique_ptr<Communicator> make_mpi_communicator();

}  // namespace xib
