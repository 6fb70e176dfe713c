#pragma once

#include "harness/comm/communicator.hpp"

#include <string>
#include <utility>
#include <vector>

namespace xib {

using Facts = std::vector<std::pair<std::string, std::string>>;

// Facts about this build: commit, dirty flag, compiler, flags, versions of the libraries.
Facts build_facts();
// Facts about the machine: CPU, memory, host, OS, governor, processors this process may use, environment (an allow-list), mapped libraries.
Facts machine_facts();
// Collective. Place of every rank (host, pid, processors), one line each, on rank 0; "" on other ranks.
std::string rank_facts(Communicator& communicator, int threads);

std::string utc_now();  // ISO 8601, seconds
std::string host_name();
std::string slurm_job();  // as squeue writes it: "12", or "12_3" for a task of an array; "" outside Slurm
int usable_processors();  // in the affinity mask of this process

}  // namespace xib
