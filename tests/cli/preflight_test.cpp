#include "harness/comm/single.hpp"
#include "harness/comm/thread_world.hpp"
#include "tests/contract/world.hpp"

// Ranks as threads of this process.
void on_every_rank(const std::function<void(xib::Communicator&)>& body) {
  const auto alone = xib::make_single_communicator();
  body(*alone);
  for (const int ranks : {2, 3, 4, 5}) xib::run_thread_ranks(ranks, body);
}
