#include "harness/comm/single.hpp"
#include "harness/comm/thread_world.hpp"
#include "tests/contract/world.hpp"

// The contract in one process: alone, and for worlds of threads.
void on_every_rank(const std::function<void(xib::Communicator&)>& body) {
  const auto alone = xib::make_single_communicator();
  body(*alone);
  for (const int ranks : {1, 2, 3, 4, 7}) xib::run_thread_ranks(ranks, body);
}
