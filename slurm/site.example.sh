# Settings of one cluster; no other file depends on the cluster. cp slurm/site.example.sh slurm/site.sh, and edit the copy.
# submit reads it on the login node, jobs read it on their nodes. $root is the directory of the project.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154
# Names of your own begin with _ or a capital letter; other names are refused as misspelt settings. This file and the files that it sources run without -e and -u.

# Options of every sbatch. Leave a value empty if the site has a default for it.
partition=''
account=''
time_limit=04:00:00        # a job that takes longer requeues itself and goes on
cpus_per_task=4            # threads of one rank
gpus_per_node=0            # GPUs of a node, for runs with train.device="cuda"
gpu_binding=none           # none: each rank sees the GPUs of its node and takes its own; task: Slurm binds one to each rank (--gpus-per-task)
all_reduce_file=''         # file for the first all-reduce bandwidths between GPUs; default: site.all-reduce beside this file
sbatch_options=()          # e.g. (--qos=long --constraint=milan); for timings (--exclusive --mem=0). With --mem=16G every task gets 16 GB, else the plan decides. submit sets --comment

# Options of the last job, which makes the table and the report. It does not get sbatch_options.
collect_partition=''       # default: partition
collect_options=()         # e.g. (--qos=short --mem=4G)
collect_minutes=30         # at most what its partition allows

# The program, outside or inside a container.
modules=()                 # e.g. (gcc/12 openmpi/4.1): the modules that the program was built with
container=''               # e.g. $root/xibench.sif, made from slurm/container.def; then program=/opt/xibench/build/xibench
container_options=()       # e.g. (--bind /scratch --bind /etc/slurm --bind /run/munge); squeue in the container needs the last two. GPUs need --nv
program=$root/build/xibench
interpreter=python3        # needs numpy, h5py, scipy, matplotlib for the report

# One run over many nodes.
launcher=srun              # mpirun if `srun --mpi=list` has no pmix
mpirun_options=()          # default: --map-by ppr:RANKS:node:PE=CPUS --bind-to core
preflight=yes              # takes ten seconds; finds nodes that are slow, compute or send wrong numbers, have ranks on too few processors, or GPUs that do not answer

# Environment of jobs: they inherit nothing from the login shell, so that a run is the same for all users. Export here what they need.
site_environment() {
  export XIBENCH_DATA=$HOME/data
  # export NCCL_SOCKET_IFNAME=ib0 NCCL_IB_HCA=mlx5   # interface names are facts of a site; do not set NCCL_ALGO and NCCL_PROTO
}
