#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/core/nan.hpp"
#include "harness/mix/device.hpp"

#include <string>
#include <vector>

namespace xib {

// How fast all ranks average what lies on their devices: the exact averaging of mix/, which is an all-reduce with one model per rank.
struct AllReduce {
  // Bytes/s that each rank sends: 2 (n - 1) / n of its numbers, over the seconds of the fastest of three. NaN with one rank.
  double bandwidth = kNaN;
  std::vector<int> wrong;  // ranks that got other numbers than the mean, which all know
};

// Collective; alike on all ranks. device: of this rank, null for host memory; floats: of each rank. Exact for up to 8,000 ranks.
AllReduce measure_all_reduce(Communicator& communicator, Device* device, std::size_t floats);

// Collective; alike on all ranks. Bytes/s in each direction by node, of its slowest rank with the best of its partners: ranks exchange in pairs, of two nodes
// where there are several (then each node's ranks all at once), else within the one (then by rank). node_of: of each rank.
std::vector<double> measure_pairs(Communicator& communicator, Device* device, const std::vector<int>& node_of, std::size_t floats);

// What was kept first in a site's file for such a job (`key`: one line, no tab), a line "key<TAB>bytes/s"; where there is none, `measured` is kept, and
// returned. Throws Error(input) where the file cannot be read or written.
double first_at_site(const std::string& path, const std::string& key, double measured);

// The nodes to blame for an all-reduce that is too slow: those below `floor` of the median of the pairs' bandwidths, or all where none stands out.
std::vector<int> slowest_nodes(const std::vector<double>& of_pairs, double floor);

}  // namespace xib
