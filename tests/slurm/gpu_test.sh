#!/usr/bin/env bash
# Runs on GPUs under Slurm: what submit asks for, which GPU each rank gets with Slurm's binding and without, and what the preflight makes of GPUs that do not answer,
# are too few, or exchange too slowly. With stand-ins for Slurm (srun starts real ranks, by mpirun), for the CUDA runtime and for NCCL.
# shellcheck disable=SC2016  # for the other shell
set -euo pipefail
source=$1 build=$2
# shellcheck source=tests/slurm/expect.sh
source "$source/tests/slurm/expect.sh"
program=$build/tests/xibench-stand-in
if [ ! -x "$program" ] || ! command -v mpirun >/dev/null || ! grep -q '^XB_WITH_NCCL:BOOL=ON' "$build/CMakeCache.txt"; then
  echo "skipped: built without CUDA, NCCL or MPI"
  exit 77
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
small_sweep '1, 2' 1000 'device = "cuda"'
mkdir "$scratch/bin" "$scratch/submit"
export PATH=$scratch/bin:$PATH
# The program, but for the size of the all-reduce: 256 MiB of each rank take their time on one machine.
printf '#!/bin/bash\nif [ "$1" = preflight ]; then set -- "$@" --all-reduce-mebibytes 2; fi\nexec %q "$@"\n' "$program" >"$scratch/program"
chmod +x "$scratch/program"
python_without_reports
site() { printf '%s\n' "program=$scratch/program interpreter=$scratch/python cpus_per_task=1 gpus_per_node=4" "$@" >"$scratch/site.sh"; }

# What submit asks for.
dry() { "$source/slurm/submit" "$scratch/s.toml" --site "$scratch/site.sh" --out "$scratch/submit" --dry-run "$@" 2>&1 | grep -E '^(sbatch|submit:)' || true; }
site
expect "$(dry --nodes 2 --ranks-per-node 2)" '--nodes=2 --ntasks-per-node=2 --gpus-per-node=2 .*run.sbatch'
expect "$(dry --pack 2)" '--gpus-per-node=2 .*sweep.sbatch'
said=$(dry --set 'train.device="cpu"' --nodes 2 --ranks-per-node 2)
never "$said" '--gpus'
expect "$said" 'these tasks get no GPU'
expect "$(dry --nodes 1 --ranks-per-node 5)" 'ranks-per-node 5, and gpus_per_node=4 .*a rank takes its own GPU'
site gpu_binding=task
said=$(dry --nodes 2 --ranks-per-node 2)
expect "$said" '--ntasks-per-node=2 --gpus-per-task=1 .*run.sbatch'
never "$said" '--gpus-per-node'
site gpu_binding=socket
expect "$(dry)" "gpu_binding is 'socket': write none or task"
site gpu_binding=task launcher=mpirun
expect "$(dry)" "gpu_binding=task needs launcher=srun"
site gpus_per_node=0
expect "$(dry)" 'train.device is cuda, and gpus_per_node=0 in .*: the jobs would get no GPU'
site gpus_per_node=0 'sbatch_options=(--gpus=1)'
expect "$(dry)" '^sbatch .*--gpus=1 '

# The examples of sites are sites.
for example in none task; do
  { cat "$source/slurm/sites/gpu-$example.sh" && echo "program=$scratch/program interpreter=$scratch/python"; } >"$scratch/site.sh"
  expect "$(dry --nodes 1 --ranks-per-node 4)" "--partition=gpu .*--gpus-per-$([ $example = none ] && echo node=4 || echo task=1) .*run.sbatch"
done

# srun starts RANKS of them, spread over NODES, on a machine of GPUS. As Slurm does, it hides the others where it binds them.
stand_in srun 'bind=none
while [ "${1#-}" != "$1" ]; do case $1 in --gpus-per-task=1) bind=task ;; --gpu-bind=none) ;; esac; shift; done
exec mpirun --allow-run-as-root --oversubscribe --bind-to none -n "$RANKS" rank "$bind" "$@"'
stand_in rank 'bind=$1 per_node=$((RANKS / NODES))
export SLURM_PROCID=$OMPI_COMM_WORLD_RANK SLURM_LOCALID=$((OMPI_COMM_WORLD_RANK % per_node)) SLURMD_NODENAME=n$((OMPI_COMM_WORLD_RANK / per_node + 1))
export NCCL_HOSTID=$SLURMD_NODENAME XB_STAND_IN_DEVICES=$GPUS # n1 and n2 are this machine
unset OMPI_COMM_WORLD_LOCAL_RANK OMPI_COMM_WORLD_LOCAL_SIZE
if [ "$bind" = task ]; then export CUDA_VISIBLE_DEVICES=$SLURM_LOCALID; fi
if [ "$SLURM_PROCID" = "${DEAD:-none}" ]; then export XB_STAND_IN_DRIVER=none; fi
exec "${@:2}"'
stand_in sleep ':'
stand_in scontrol 'case "$*" in
  "show hostnames "*) sed "s/n\[1-2\]/n1,n2/" <<<"$3" | tr , "\n" ;;
  "show job "*) echo "   JobState=RUNNING ReqNodeList=(null) ExcNodeList=(null)" ;;
  *) echo "scontrol $*" ;;
esac'
stand_in squeue 'echo RUNNING'
"$program" plan "$scratch/s.toml" --json | sed -n 's/^      "id": "\(.*\)",$/\1/p' | head -n 1 | sed 's/^/0 /' >"$scratch/ids"
# task NODES RANKS GPUS: the task of the run; its files are in $scratch/out.
task() {
  rm -rf "$scratch/out"
  mkdir -p "$scratch/out/s/logs"
  env NODES="$1" RANKS="$2" GPUS="$3" SLURM_ARRAY_TASK_ID=0 SLURM_ARRAY_JOB_ID=7 SLURM_JOB_NODELIST="$([ "$1" = 1 ] && echo n1 || echo 'n[1-2]')" SLURM_JOB_NUM_NODES="$1" \
    SLURM_NTASKS_PER_NODE=$(($2 / $1)) bash "$source/slurm/run.sbatch" "$source" "$scratch/site.sh" "$scratch/s.toml" "$scratch/out" "$scratch/out/s/logs" "$scratch/ids" 0 0 1 2>&1 ||
    echo "status $?"
}
flown() { compgen -G "$scratch/out/s/*.h5" >/dev/null; }
# of_run: its model, and what it says of its GPU.
of_run() {
  /usr/bin/python3 -c 'import glob, h5py, sys
file = h5py.File(glob.glob(sys.argv[1])[0])
print(file.attrs["final_model_sha256"], file["provenance"].attrs["gpu"])' "$scratch/out/s/*.h5"
}
"$program" run "$scratch/s.toml" --index 0 --out "$scratch/out" --threads 1 --progress none --no-summary
model=$(of_run | cut -d ' ' -f 1)

kept=$scratch/site.all-reduce
for binding in none task; do
  site "gpu_binding=$binding"
  rm -f "$kept" # each kind of job is the first of its kind: nothing here depends on how fast it is
  for nodes in 1 2; do
    said=$(task $nodes $((2 * nodes)) 2)
    flown || die "$binding, $nodes nodes: no run: $said"
    expect "$said" 'preflight: the nodes are fit'
    expect "$(of_run)" "^$model cuda:0, stand-in for a GPU, .*, exchange by NCCL"
  done
done
# The first all-reduce of each kind of job is kept beside the site's file, once.
[ "$(cut -f 1 "$kept" | tr '\n' ';')" = '1 nodes, 2 ranks, 2 MiB, stand-in for a GPU;2 nodes, 4 ranks, 2 MiB, stand-in for a GPU;' ] || die "kept: $(cat "$kept")"

site
said=$(task 1 2 1) # two ranks see the same GPU
expect "$said" 'ranks 0 and 1 would share a GPU .*start one rank per GPU'
expect "$said" 'the ranks cannot run as they are launched'
expect "$said" 'status 2$'
if flown; then die "the run was done with two ranks on one GPU"; fi

said=$(DEAD=1 task 2 2 2) # the GPU of the second node
expect "$said" 'preflight: node n2: rank 1: train.device: this host has no GPU that CUDA'
expect "$said" 'these nodes are not fit: n2$'
expect "$said" 'scontrol update JobId=7_0 ExcNodeList=n2$'
if flown; then die "the run was done without a GPU"; fi
said=$(DEAD=0 task 1 2 2) # another node may do
expect "$said" 'these nodes are not fit: n1$'
expect "$said" 'scontrol requeue 7_0'

printf '%s\t1e18\n' '1 nodes, 2 ranks, 2 MiB, stand-in for a GPU' >"$kept"
said=$(task 1 2 2)
expect "$said" 'node n1: an all-reduce of 2 MiB over 2 ranks reaches .* GB/s, .* of the 1e+09 GB/s that this site had first'
expect "$said" 'these nodes are not fit: n1$'
if flown; then die "the run was done over a slow network"; fi
printf '%s\t1\n' '1 nodes, 2 ranks, 2 MiB, stand-in for a GPU' >"$kept"
task 1 2 2 >/dev/null
flown || die "a faster all-reduce than the first one keeps the run away"
echo 'not a line' >"$kept"
said=$(task 1 2 2)
expect "$said" "site.all-reduce:1: 'not a line' is not a line"
expect "$said" 'status 2$'
