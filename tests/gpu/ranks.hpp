#pragma once

#include "harness/comm/communicator.hpp"

#include <functional>
#include <string>
#include <vector>

// The ranks of the tests of NCCL, which each program defines: threads, or the processes that mpirun started.
namespace xib::test {

// Runs body on so many ranks; processes, where they are another number, do nothing. Throws the error of a rank.
void on_ranks(int ranks, const std::function<void(Communicator&)>& body);

// Runs body on three ranks. What each of them threw, by rank, "" where nothing; alike on all processes.
std::vector<std::string> said(const std::function<void(Communicator&)>& body);

}  // namespace xib::test
