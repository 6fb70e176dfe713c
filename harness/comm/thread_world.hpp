#pragma once

#include "harness/comm/communicator.hpp"

#include <functional>

namespace xib {

// Runs body(communicator) on `ranks` threads of this process, each a rank of one world, so that a distributed bug becomes a bug of one process. If a rank
// throws, the next (or current) collective call of the others throws, too, and the first exception is rethrown here.
void run_thread_ranks(int ranks, const std::function<void(Communicator&)>& body);

}  // namespace xib
