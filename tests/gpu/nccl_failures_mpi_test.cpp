#include "harness/core/check.hpp"
#include "tests/gpu/ranks.hpp"
#include "tests/mpi_world.hpp"

#include <span>

// Failures over the processes that mpirun started. Whatever became of NCCL, MPI still carries what each has to say.
std::vector<std::string> xib::test::said(const std::function<void(Communicator&)>& body) {
  constexpr std::size_t kLength = 600;
  Communicator& world = mpi_world();
  if (world.size() != 3) fail("start it with three ranks");
  std::string mine;
  try {
    body(world);
  } catch (const std::exception& error) {
    mine = error.what();
  }
  mine.resize(kLength - 1);
  mine.push_back('\0');
  auto all = world.gather(std::as_bytes(std::span(mine)));
  all.resize(3 * kLength);
  world.broadcast(all, 0);
  std::vector<std::string> texts;
  for (std::size_t rank = 0; rank < 3; ++rank) texts.emplace_back(reinterpret_cast<const char*>(all.data()) + rank * kLength);
  return texts;
}
