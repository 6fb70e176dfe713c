#pragma once

#include <string>

namespace xib {

struct SlurmAnswer {
  std::string text;        // of standard output and error
  bool succeeded = false;  // exit status 0
};

// Output of a command of Slurm ("squeue --noheader ...", as a shell reads it) prints, unchanged by the variables of the user or the job that give it options:
// SQUEUE_STATES, SLURM_TIME_FORMAT and the like; SLURM_CONF and SLURM_CLUSTERS, which say what Slurm is meant, stay. One that hangs is ended after `seconds`
// and named once on stderr.
SlurmAnswer ask_slurm(const std::string& command, int seconds);

}  // namespace xib
