#pragma once

#include "harness/comm/communicator.hpp"

// The ranks that mpirun started, for tests that link xb_mpi_catch_main.
xib::Communicator& mpi_world();
