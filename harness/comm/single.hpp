#pragma once

#include "harness/comm/communicator.hpp"

#include <memory>

namespace xib {

// Communicator of one process without MPI: rank 0 of 1.
std::unique_ptr<Communicator> make_single_communicator();

}  // namespace xib
