# Example of a site whose Slurm does not bind GPUs. A node has four; each rank sees all four and takes its own. cp slurm/sites/gpu-none.sh slurm/site.sh
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154
partition=gpu
time_limit=04:00:00
cpus_per_task=8            # processors of a rank, for LibTorch and the data; mixing on the GPU needs none
gpus_per_node=4
gpu_binding=none           # srun --gpu-bind=none: ranks of a node can use NVLink between them
program=$root/build-cuda/xibench   # cmake --preset cuda && ninja -C build-cuda xibench

site_environment() {
  export XIBENCH_DATA=$HOME/data
  export NCCL_SOCKET_IFNAME=ib0 # the interface over which ranks of several nodes connect
}
