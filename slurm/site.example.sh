# What is particular to one cluster, and the only file that knows it: cp slurm/site.example.sh slurm/site.sh, and edit that.
# submit reads it on the login node, the jobs on theirs; $root is the directory of the project.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154
# Names of your own begin with _ or a capital letter: others are refused, as misspelt settings. This file and what it sources run without -e and -u.

# Given to every sbatch. Leave empty what the site has a default for.
partition=''
account=''
time_limit=04:00:00        # a run that takes longer requeues itself and goes on
cpus_per_task=4            # threads of one rank
gpus_per_node=0            # GPUs of a node, for runs with train.device="cuda"
gpu_binding=none           # each rank sees the GPUs of its node and takes its own; task: Slurm binds one to each (--gpus-per-task)
all_reduce_file=''         # where the first all-reduce between GPUs is kept; default: beside this file, as site.all-reduce
sbatch_options=()          # e.g. (--qos=long --constraint=milan --mem=16G); for timings (--exclusive --mem=0); --mem here: for all tasks alike, else by the plan; not --comment: it is submit's

# The job that makes table and report, after all others; sbatch_options are not for it.
collect_partition=''       # default: partition
collect_options=()         # e.g. (--qos=short --mem=4G)
collect_minutes=30         # or as many as its partition allows

# The program, outside or inside a container.
modules=()                 # e.g. (gcc/12 openmpi/4.1), those that it was built with
container=''               # e.g. $root/xibench.sif, made from slurm/container.def; then program=/opt/xibench/build/xibench
container_options=()       # e.g. (--bind /scratch --bind /etc/slurm --bind /run/munge), the last two for squeue in there; add --nv for GPUs
program=$root/build/xibench
interpreter=python3        # with numpy, h5py, scipy, matplotlib: for the report

# One run over many nodes.
launcher=srun              # or mpirun, where `srun --mpi=list` has no pmix
mpirun_options=()          # default: --map-by ppr:RANKS:node:PE=CPUS --bind-to core
preflight=yes              # ten seconds before it, for nodes that are slow, compute or send wrong numbers, have ranks on too few processors, or GPUs that do not answer

# Jobs get nothing of the login shell's environment (so that a run is the same for everybody) but what is exported here.
site_environment() {
  export XIBENCH_DATA=$HOME/data
  # export NCCL_SOCKET_IFNAME=ib0 NCCL_IB_HCA=mlx5   # names of interfaces are facts of a site; NCCL_ALGO and NCCL_PROTO are not
}
