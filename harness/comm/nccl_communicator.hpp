#pragma once

#include "harness/comm/communicator.hpp"

#include <memory>
#include <string>

namespace xib {

struct NcclOptions {
  int device = 0;          // of this rank, as CUDA numbers those that the process sees
  double timeout_s = 600;  // for the first meeting, and for one exchange; then the run ends and says for whom it waited
};

// GPU to GPU by NCCL between the ranks of `host`, which carries everything else (numbers, decisions, bytes, abort) and outlives this. Collective.
// Throws Error(input) where two ranks would share a GPU, Error(work) when NCCL fails or a rank does not come; afterwards only abort() makes sense.
std::unique_ptr<Communicator> make_nccl_communicator(Communicator& host, const NcclOptions& options);

std::string nccl_version();  // of the library that is loaded; "" in builds without it (no_nccl.cpp)

}  // namespace xib
