#include "harness/comm/thread_world.hpp"
#include "tests/gpu/ranks.hpp"

// The contract of NCCL over thread ranks.
void xib::test::on_ranks(int ranks, const std::function<void(Communicator&)>& body) { run_thread_ranks(ranks, body); }
