#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace xib {

// Limit of a resource of this process, and its source; infinity: no limit.
struct Limit {
  double value = std::numeric_limits<double>::infinity();
  std::string source;  // "the machine's memory", "the control group's memory.max", "ulimit -v"
};

// Memory in bytes: the smallest of the machine's memory, the limit of its control group, and the limits of the process.
Limit memory_limit();

// Limits on the number of threads and processes, for a person: "ulimit -u is 100, pids.max of the control group is 512".
std::string thread_limits();

// Free bytes on the disk of `path`, or of the nearest existing folder above it; NaN if the system does not say.
double room_for_files(const std::string& path);

// Number of bytes in a text: "64G" -> 64 * 2^30; K, M, G, T as in Slurm. Throws Error(input) that names the key.
double parse_bytes(std::string_view text, std::string_view key);

}  // namespace xib
