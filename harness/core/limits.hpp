#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace xib {

// Limit of what this process may use, and who sets it. infinity: no limit.
struct Limit {
  double value = std::numeric_limits<double>::infinity();
  std::string source;  // "the machine's memory", "the control group's memory.max", "ulimit -v"
};

// Bytes: the least of the machine's memory, its control group's and the limits of the process.
Limit memory_limit();

// Every limit on how many threads and processes may be started here, for a person: "ulimit -u is 100, pids.max of the control group is 512".
std::string thread_limits();

// Bytes that another file may take where `path` is, or would be: in the nearest folder above it that exists. NaN where the system does not say.
double room_for_files(const std::string& path);

// "64G" -> 64 * 2^30: K, M, G, T, as Slurm counts. Throws Error(input) of the key.
double parse_bytes(std::string_view text, std::string_view key);

}  // namespace xib
