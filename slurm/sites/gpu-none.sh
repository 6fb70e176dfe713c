# Example of a site whose Slurm binds no GPUs: nodes of four, each rank sees all of them and takes its own. cp slurm/sites/gpu-none.sh slurm/site.sh
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154
partition=gpu
time_limit=04:00:00
cpus_per_task=8            # a rank's share of the processors: LibTorch and the data need a few, mixing on the GPU none
gpus_per_node=4
gpu_binding=none           # srun --gpu-bind=none: NVLink between the ranks of a node stays usable
program=$root/build-cuda/xibench   # cmake --preset cuda && ninja -C build-cuda xibench

site_environment() {
  export XIBENCH_DATA=$HOME/data
  export NCCL_SOCKET_IFNAME=ib0 # the interface by which ranks of several nodes find each other
}
