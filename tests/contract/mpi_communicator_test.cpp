#include "tests/contract/world.hpp"
#include "tests/mpi_world.hpp"

#include <catch2/catch.hpp>

// The contract on the ranks that mpirun started.
void on_every_rank(const std::function<void(xib::Communicator&)>& body) { body(mpi_world()); }

// Run by mpi_abort_test.sh alone.
TEST_CASE("abort", "[.abort]") {
  xib::Communicator& world = mpi_world();
  if (world.rank() == world.size() - 1) world.abort(3);
  world.barrier();
}
