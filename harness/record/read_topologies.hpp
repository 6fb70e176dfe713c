#pragma once

#include <cstddef>
#include <vector>

#include "harness/record/hdf5_file.hpp"
#include "harness/record/rows.hpp"

namespace xib {

// Of all phases, as write_topologies wrote them.
std::vector<TopologyRecord> read_topologies(const Hdf5Reader& file, std::size_t nodes);

}  // namespace xib
