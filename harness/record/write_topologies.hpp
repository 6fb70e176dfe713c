#pragma once

#include "harness/record/hdf5_file.hpp"
#include "harness/record/rows.hpp"

namespace xib {

// Group /topology of a run file: for each phase the facts of its graph, and W, dense or as CSR.
void write_topologies(Hdf5Writer& file, const RunRecord& record);

}  // namespace xib
