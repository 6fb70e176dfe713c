#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace xib {

// When a process of this host started, in clock ticks since boot (field 22 of /proc/PID/stat); 0 where that cannot be read.
std::int64_t process_start(std::int64_t pid);

// Whether a process of this host is known to be gone: there is none with this pid, only its exit status is left (a zombie that nobody has
// waited for), or the pid now belongs to another one. started: what process_start() said of it; 0: unknown.
bool process_is_gone(std::int64_t pid, std::int64_t started = 0);

// Where process ids mean what they mean here. Two machines or containers may go by one host name; these tell them apart. Fields are ""
// where the system does not say.
struct ProcessSpace {
  std::string machine;  // a digest of /etc/machine-id, which survives a reboot
  std::string boot;     // random, drawn when the kernel starts
  std::string pids;     // the namespace of process ids: containers have their own
};
ProcessSpace process_space();

std::vector<std::string> own_arguments();  // the words that this process was started with, the program first

std::string folder_of_program();  // where the running executable is; "" where the system does not say

// Standard output of a shell command, with "" for one that cannot be started. The command bounds its own time ("timeout 20 ...").
std::string output_of(const std::string& command);

}  // namespace xib
