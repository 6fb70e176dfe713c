#pragma once

#include "harness/comm/communicator.hpp"

#include <memory>
#include <string>

namespace xib {

struct NcclOptions {
  int device = 0;          // of this rank; CUDA's number among the GPUs that the process sees
  double timeout_s = 600;  // for the first meeting and for each exchange; then the run ends, and its message names the missing ranks
};

// Communicator that sends from GPU to GPU by NCCL between the ranks of `host`, which carries everything else (numbers, decisions, bytes, abort) and must
// outlive it. Collective. Throws Error(input) if two ranks would share a GPU, Error(work) if NCCL fails or a rank is missing; afterwards only abort() is
// allowed.
std::unique_ptr<Communicator> make_nccl_communicator(Communicator& host, const NcclOptions& options);

std::string nccl_version();  // of the loaded library; "" in builds without NCCL (no_nccl.cpp)

}  // namespace xib
