#pragma once

#include <string>

namespace xib {

// Facts that a launcher (mpirun, mpiexec, srun) tells this process about the others that it started, in environment variables.
struct Launch {
  std::string said;                // the variable that tells most, as "PMI_SIZE=2"; "": there is no launcher
  int processes = 1;               // at least
  bool pmix = false, pmi = false;  // what an MPI can find the others by
};

// Open MPI, PMIx, the PMI of MPICH and Intel MPI, MVAPICH, JSM, and steps of Slurm. No launcher: a job script of sbatch and a shell of salloc or `srun --pty`,
// whose SLURM_NTASKS is what the job may start, and `srun --ntasks=1 --mpi=none`.
Launch launch_of_this_process();

// For people: what fits launcher and MPI together. `seen`: as what this process sees itself, "alone".
std::string misfit(const Launch& launch, const std::string& seen);

}  // namespace xib
