#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/record/rows.hpp"

namespace xib {

// How fast one host did the steps of one run. Runs of one group do the same work: they differ by their seeds and by where they ran.
struct HostSample {
  std::string host, group, run;
  double seconds;  // median per step
};

// Hosts of a run, from its file: for a run of one rank, each attempt by the duration of its steps without evaluation, checkpoint and recording; for one
// of several ranks, the last attempt by the gradients of each host's ranks, because there every step takes as long as the slowest host.
std::vector<HostSample> host_samples(const RunRecord& record, const std::string& group);

struct HostSpeed {
  std::string host;
  double relative;    // median over its runs of its seconds per step, divided by the median of the run's group over all hosts
  double seconds;     // median per step over its runs
  std::int64_t runs;  // different ones that count
};

// The slowest first. Only groups that ran on two hosts or more compare hosts; a host that is in none of them is left out.
std::vector<HostSpeed> slow_hosts(const std::vector<HostSample>& samples);

}  // namespace xib
