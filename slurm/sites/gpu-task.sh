# Example of a site whose Slurm binds a GPU to each task (cgroups, or by its rules): each rank sees one, as cuda:0. cp slurm/sites/gpu-task.sh slurm/site.sh
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154
partition=gpu
time_limit=04:00:00
cpus_per_task=8            # a rank's share of the processors: LibTorch and the data need a few, mixing on the GPU none
gpus_per_node=4
gpu_binding=task           # sbatch and srun --gpus-per-task=1
sbatch_options=(--constraint=h100)
program=$root/build-cuda/xibench
all_reduce_file=$HOME/xibench-all-reduce # this folder is read-only for us; one line per kind of job, whoever submits

site_environment() {
  export XIBENCH_DATA=$HOME/data
  export NCCL_IB_HCA=mlx5_0,mlx5_1,mlx5_2,mlx5_3 # of eight cards, those of the compute network
}
