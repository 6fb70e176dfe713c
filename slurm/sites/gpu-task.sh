# Example of a site whose Slurm binds a GPU to each task, by cgroups or by its rules. Each rank sees one, as cuda:0. cp slurm/sites/gpu-task.sh slurm/site.sh
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154
partition=gpu
time_limit=04:00:00
cpus_per_task=8            # processors of a rank, for LibTorch and the data; mixing on the GPU needs none
gpus_per_node=4
gpu_binding=task           # sbatch and srun --gpus-per-task=1
sbatch_options=(--constraint=h100)
program=$root/build-cuda/xibench
all_reduce_file=$HOME/xibench-all-reduce # elsewhere, because this folder is read-only here; one line per kind of job

site_environment() {
  export XIBENCH_DATA=$HOME/data
  export NCCL_IB_HCA=mlx5_0,mlx5_1,mlx5_2,mlx5_3 # the four of eight cards that belong to the compute network
}
