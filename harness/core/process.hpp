#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace xib {

// Start of a process of this host, in clock ticks since boot (field 22 of /proc/PID/stat); 0 if it cannot be read.
std::int64_t process_start(std::int64_t pid);

// True if a process of this host is known to be gone: no process has this pid, only its exit status is left (a zombie), or the pid belongs to another process
// now. started: process_start() of the process; 0: unknown.
bool process_is_gone(std::int64_t pid, std::int64_t started = 0);

// Identity of the space in which process ids are unique. It tells machines and containers apart that have the same host name. A field is "" if the system does
// not say.
struct ProcessSpace {
  std::string machine;  // a digest of /etc/machine-id, which survives a reboot
  std::string boot;     // random, drawn when the kernel starts
  std::string pids;     // the namespace of process ids: containers have their own
};
ProcessSpace process_space();

// Memory that is freed, in blocks of up to 32 MB, stays with this process. Activations of a few megabytes come and go with every layer, buffers of HDF5 with
// every file: given back to the system each time, their page faults took a quarter of the time of a ResNet-20, and half of that of a short run.
void keep_freed_memory();

std::vector<std::string> own_arguments();  // words of the command line of this process, the program first

std::string folder_of_program();  // folder of the running executable; "" if the system does not say

// Standard output of a shell command; "" if it cannot be started. The command must limit its own time ("timeout 20 ...").
std::string output_of(const std::string& command);

}  // namespace xib
