#!/usr/bin/env bash
# What run.sbatch makes of a preflight: which nodes it blames, that the job is requeued without them, and when it is not. With stand-ins for Slurm and for
# the program's preflight; sweep_test.sh and faults_test.sh do it on a real Slurm.
# shellcheck disable=SC2016  # for the other shell
set -euo pipefail
source=$1 build=$2
# shellcheck source=tests/slurm/expect.sh
source "$source/tests/slurm/expect.sh"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

small_sweep 1
"$build/xibench" plan "$scratch/s.toml" --json | sed -n 's/^      "id": "\(.*\)",$/0 \1/p' >"$scratch/ids"
mkdir "$scratch/bin"
stand_in sleep ':'
stand_in srun 'while [ "${1#-}" != "$1" ]; do shift; done; exec "$@"'
stand_in mpirun 'while [ "${1#-}" != "$1" ]; do shift; done; exec "$@"'
export PATH=$scratch/bin:$PATH

stand_in scontrol 'case "$*" in
  "show hostnames "*) sed "s/n\[1-2\]/n1,n2/" <<<"$3" | tr , "\n" ;;
  "show job "*) echo "   JobState=RUNNING ReqNodeList=(null) ExcNodeList=${EXCLUDED:-(null)}" ;;
  *) echo "scontrol $*" ;;
esac'
printf '#!/bin/sh\ncase $1 in\n preflight) eval "$FLIGHT" ;;\n *) exec %q "$@" ;;\nesac\n' "$build/xibench" >"$scratch/flight"
chmod +x "$scratch/flight"
echo "program=$scratch/flight interpreter=/usr/bin/python3 cpus_per_task=1" >"$scratch/flight.sh"
# flight NODES CODE-OF-PREFLIGHT: the task of the run, over so many nodes with two ranks each.
flight() {
  rm -rf "$scratch/flown"
  mkdir -p "$scratch/flown/s/logs"
  env FLIGHT="$2" SLURM_ARRAY_TASK_ID=0 SLURM_ARRAY_JOB_ID=7 SLURM_JOB_NODELIST='n[1-2]' SLURM_JOB_NUM_NODES="$1" SLURM_NTASKS_PER_NODE=2 bash "$source/slurm/run.sbatch" "$source" \
    "${site:-$scratch/flight.sh}" "$scratch/s.toml" "$scratch/flown" "$scratch/flown/s/logs" "$scratch/ids" 0 0 1 2>&1 || echo "status $?"
}
flown() { compgen -G "$scratch/flown/s/*.h5" >/dev/null; }
fails='echo "node n2: rank 3: no" >&2; printf "{\n  \"exclude\": \"n2\",\n}\n"; exit 1'
said=$(flight 2 "$fails")
expect "$said" 'node n2: rank 3: no'
expect "$said" 'preflight failed with status 1: these nodes are not fit: n2$'
expect "$said" 'scontrol requeue 7_0'
expect "$said" 'scontrol update JobId=7_0 ExcNodeList=n2$'
expect "$said" 'the runs were not begun; the job is requeued'
expect "$said" 'status 75$'
if flown; then die "the run was done on a node that is not fit"; fi
said=$(EXCLUDED=n9 flight 2 "$fails")
expect "$said" 'ExcNodeList=n9,n2$'
said=$(flight 2 'echo "srun: error: n1: task 0: Exited with exit code 1" >&2; echo "srun: error: n2: task 1: Segmentation fault (core dumped)" >&2; exit 139')
expect "$said" 'these nodes are not fit: n2$'
said=$(flight 2 'echo "srun: error: n1: task 0: Exited with exit code 1" >&2; exit 1')
expect "$said" 'it names no node'
expect "$said" 'scontrol requeue 7_0'
never "$said" 'ExcNodeList='
said=$(flight 2 'echo "srun: error: n[1-2]: tasks 0-1: Illegal instruction" >&2; exit 132' | sed 's/hostnames//')
expect "$said" 'these nodes are not fit: n\[1-2\]'
said=$(flight 2 'echo "mpirun noticed that process rank 2 with PID 7 on node n2 exited on signal 11 (Segmentation fault)." >&2; exit 139')
expect "$said" 'these nodes are not fit: n2$'
said=$(flight 2 'printf "mpirun was unable to find the specified executable file\n\nNode:       n2\nExecutable: x\n" >&2; exit 127')
expect "$said" 'these nodes are not fit: n2$'

# A rank that hangs says nothing. The others do, and the node is the one of which not every rank does.
waits() { for node in "$@"; do printf 'echo "xibench: preflight: node %s: a rank waits for others in MPI_Init since 30 s" >&2; ' "$node"; done; }
stand_in timeout 'if [ "$1" = --kill-after=20 ]; then shift 2; "$@"; exit 124; fi; shift; exec "$@"' # what follows has hung for 90 s
said=$(flight 2 "$(waits n1 n2 n1)")
expect "$said" 'did not end within 90 s'
expect "$said" 'status 124: these nodes are not fit: n2$'
expect "$said" 'scontrol update JobId=7_0 ExcNodeList=n2$'
expect "$said" 'the runs were not begun; the job is requeued'
said=$(flight 2 "$(waits n1 n1 n2 n2)") # the network, or the launcher
expect "$said" 'status 124: it names no node'
never "$said" 'ExcNodeList='
expect "$(flight 2 '')" 'status 124: it names no node' # none was started
rm "$scratch/bin/timeout"
said=$(flight 2 'for rank in 0 1 2; do echo "xibench: preflight: node n$((rank / 2 + 1)): rank $rank waits for others: no progress for 30 s: ..." >&2; done; echo "xibench: preflight: node n2: rank 3 hangs by itself: no progress" >&2; exit 1')
expect "$said" 'status 1: these nodes are not fit: n2$'

said=$(flight 2 'printf "{\n  \"exclude\": \"n1,n2\",\n}\n"; exit 1')
expect "$said" 'all nodes of the job, so the program or the launch is wrong: not requeued'
expect "$said" 'status 1$'
never "$said" 'scontrol requeue'
said=$(flight 2 'echo bound >&2; exit 2')
expect "$said" 'the ranks cannot run as they are launched'
expect "$said" 'status 2$'
said=$(flight 2 'exit 0')
expect "$said" 'flight preflight --threads 1 --stall-seconds 30 --json --device cpu$'
expect "$said" 'the nodes are fit'
flown || die "the run was not done on nodes that are fit: $said"
never "$(flight 1 "$fails")" preflight
for device in cpu cuda; do # that of the run; this build may have no CUDA
  printf '#!/bin/sh\nif [ "$1" = plan ]; then %q "$@" | sed %q; else exec %q "$@"; fi\n' "$build/xibench" "s/\"device\": \"cpu\"/\"device\": \"$device\"/" "$scratch/flight" >"$scratch/planned"
  chmod +x "$scratch/planned"
  { cat "$scratch/flight.sh" && echo "program=$scratch/planned"; } >"$scratch/planned.sh"
  expect "$(site=$scratch/planned.sh flight 2 'exit 0')" "planned preflight .* --device $device$([ $device = cpu ] || echo " --all-reduce-file $scratch/planned.all-reduce")\$"
done
{ cat "$scratch/flight.sh" && echo preflight=no; } >"$scratch/no-flight.sh"
never "$(site=$scratch/no-flight.sh flight 2 "$fails")" 'preflight failed'
flown || die "the run was not done without preflight"
