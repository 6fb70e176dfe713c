#include "tests/gpu/ranks.hpp"
#include "tests/mpi_world.hpp"

// The contract of NCCL over the processes that mpirun started.
void xib::test::on_ranks(int ranks, const std::function<void(Communicator&)>& body) {
  if (ranks == mpi_world().size()) body(mpi_world());
}
