#pragma once

#include <string>

namespace xib {

// Facts from a launcher (mpirun, mpiexec, srun) about the processes that it started, from environment variables.
struct Launch {
  std::string said;                // the most informative variable, such as "PMI_SIZE=2"; "": there is no launcher
  int processes = 1;               // lower bound
  bool pmix = false, pmi = false;  // protocols by which an MPI can find the other processes
};

// Reads the variables of Open MPI, PMIx, the PMI of MPICH and Intel MPI, MVAPICH, JSM, and steps of Slurm. No launcher are a job script of sbatch and a shell
// of salloc or `srun --pty`, whose SLURM_NTASKS is only the number of tasks that the job may start, and `srun --ntasks=1 --mpi=none`.
Launch launch_of_this_process();

// Message for people that launcher and MPI do not fit, with the remedy. `seen`: what this process sees, such as "Open MPI v4.1.4 sees this one alone".
std::string misfit(const Launch& launch, const std::string& seen);

}  // namespace xib
