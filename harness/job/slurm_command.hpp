#pragma once

#include <string>

namespace xib {

struct SlurmAnswer {
  std::string text;        // of standard output and error
  bool succeeded = false;  // exit status 0
};

// Runs a command of Slurm ("squeue --noheader ...", in a shell). Variables of the user or the job that give it options (SQUEUE_STATES, SLURM_TIME_FORMAT, ...)
// are removed first; SLURM_CONF and SLURM_CLUSTERS, which choose the Slurm, stay. A command that hangs is ended after `seconds` and named once on stderr.
SlurmAnswer ask_slurm(const std::string& command, int seconds);

}  // namespace xib
