#pragma once

#include "harness/comm/communicator.hpp"

#include <functional>

namespace xib {

// Runs body(communicator) on `ranks` threads of this process, each a rank of one world: a distributed bug becomes a single-process
// bug. When one rank throws, the others' next (or current) collective call throws too, and the first exception is rethrown here.
void run_thread_ranks(int ranks, const std::function<void(Communicator&)>& body);

}  // namespace xib
