#include "tests/contract/world.hpp"
#include "tests/mpi_world.hpp"

// The ranks that mpirun started.
void on_every_rank(const std::function<void(xib::Communicator&)>& body) { body(mpi_world()); }
