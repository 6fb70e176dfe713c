#pragma once

#include "harness/comm/communicator.hpp"
#include "harness/core/nan.hpp"
#include "harness/mix/device.hpp"

#include <string>
#include <vector>

namespace xib {

// Speed at which all ranks average data on their devices, by the exact averaging of mix/: an all-reduce with one model per rank.
struct AllReduceSpeed {
  // Bytes/s that each rank sends: 2 (n - 1) / n of its numbers, over the seconds of the fastest of three. NaN with one rank.
  double bandwidth = kNaN;
  std::vector<int> wrong;  // ranks whose result is not the mean, which all ranks know
};

// Collective; the same result on all ranks. device: of this rank, null for host memory; floats: of each rank. The known answer is exact for up to 8,000 ranks.
AllReduceSpeed measure_all_reduce(Communicator& communicator, Device* device, std::size_t floats);

// Collective; the same result on all ranks. Bytes/s in each direction, by node: that of its slowest rank with the best of its partners. Ranks exchange in
// pairs: between two nodes if there are several (all ranks of a node at once), else within the one node. node_of: the node of each rank.
std::vector<double> measure_pairs(Communicator& communicator, Device* device, const std::vector<int>& node_of, std::size_t floats);

// First value in a site's file for such a job, from the line "key<TAB>bytes/s" (`key`: one line, no tab). If there is none, `measured` is written there and
// returned. Throws Error(input) if the file cannot be read or written.
double first_at_site(const std::string& path, const std::string& key, double measured);

// Nodes to blame for an all-reduce that is too slow: those whose bandwidth in pairs is below `floor` times the median, or all if none is.
std::vector<int> slowest_nodes(const std::vector<double>& of_pairs, double floor);

}  // namespace xib
