#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/record/rows.hpp"

namespace xib {

// Speed of one host in one run. Runs of one group do the same work: they differ only by their seeds and by where they ran.
struct HostSample {
  std::string host, group, run;
  double seconds;  // median per step
};

// Hosts of a run, from its file. A run of one rank gives one sample per attempt: the duration of its steps without evaluation, checkpoint and recording. A run
// of several ranks gives one sample per host of the last attempt: the time of gradients on its ranks, because every step takes as long as the slowest host.
std::vector<HostSample> host_samples(const RunRecord& record, const std::string& group);

struct HostSpeed {
  std::string host;
  double relative;    // median over its runs of: its seconds per step, divided by the median of the run's group over all hosts
  double seconds;     // median over its runs of the seconds per step
  std::int64_t runs;  // number of different runs that count
};

// Speeds of hosts, the slowest first. Only groups that ran on two or more hosts compare hosts; a host without such a group is left out.
std::vector<HostSpeed> slow_hosts(const std::vector<HostSample>& samples);

}  // namespace xib
