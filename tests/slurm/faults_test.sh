#!/usr/bin/env bash
# What happens to jobs on a cluster, done to a run on a real Slurm: cancelled, preempted, out of time, a rank that hangs, never getting to a step, its node lost.
# The result equals that of a run that nothing happened to. Only with XIBENCH_TEST_FULL=1 (./check --full): some minutes.
set -euo pipefail
source=$1 build=$2
if [ "${XIBENCH_TEST_FULL:-}" != 1 ]; then
  echo "skipped: the long fault tests run with ./check --full (XIBENCH_TEST_FULL=1)"
  exit 77
fi
# Mounts of its own, so that a login profile can lie over the machine's, for this test's cluster only.
if [ -z "${own_mounts:-}" ] && unshare --mount true 2>/dev/null; then own_mounts=1 exec unshare --mount bash "$0" "$@"; fi
# shellcheck source=tests/slurm/cluster.sh
source "$source/tests/slurm/cluster.sh"
plain=$scratch/plain
export EXTRA_SBATCH_OPTIONS=''
submit=("$source/slurm/submit" --site "$site")

if [ -n "${own_mounts:-}" ]; then
  say "a login profile, which Slurm loads for --export=NONE, that says to run something else"
  spec small 4
  "$xibench" run "$scratch/small.toml" --out "$plain" --threads 1 --progress none
  { cat /etc/profile && echo 'export XIBENCH_TRAIN__LR=0.5 XIBENCH_SEEDS="[9]" OMP_NUM_THREADS=7 MKL_CBWR=COMPATIBLE CDPATH=/usr'; } >"$scratch/profile"
  mount --bind "$scratch/profile" /etc/profile
  "${submit[@]}" "$scratch/small.toml" --out "$scratch/hostile"
  wait_until queue_is_empty
  umount /etc/profile
  logs_say small "$scratch/hostile" 'cleared, .* XIBENCH_TRAIN__LR' || die "Slurm did not load the profile, or the log does not say what was cleared"
  same_science "$scratch/small.toml" small "$scratch/hostile" "$plain"
  squeue --states=all --noheader --format '%j %T' | grep -qx 'xb-small-collect COMPLETED' || die "the collecting job fails"
else
  echo "not tested: a hostile login profile; mounts of one's own are not allowed here"
fi

long_run run 8000
"$xibench" run "$scratch/run.toml" --out "$plain" --threads 1 --progress none

# begin NAME [submit options]: the run is submitted to results directory NAME and has done steps; $job is its array task, $process does it.
begin() {
  out=$scratch/$1
  shift
  job=$("${submit[@]}" "$scratch/run.toml" --out "$out" "$@" | sed -n '1s/ .*//p')_0
  wait_until at_work "$scratch/run.toml" "$out"
  process=$(sed -n 's/^pid //p' "$out"/run/*.lease)
}

say "cancelled: the job does not come back by itself, and another submit goes on from the checkpoint"
begin cancelled
scancel "${job%_0}"
wait_until queue_is_empty
[ "$("$xibench" status "$scratch/run.toml" --out "$out" --json | grep -c '"state": "interrupted"')" = 1 ] || die "not interrupted with a checkpoint"
logs_say run "$out" 'not requeued' || die "the log does not say that it leaves the job cancelled"
"${submit[@]}" "$scratch/run.toml" --out "$out"
wait_until queue_is_empty
logs_say run "$out" 'goes on after step' || die "began anew"
same_science "$scratch/run.toml" run "$out" "$plain"

say "preempted by a job of another partition"
begin preempted
sbatch --partition=urgent --nodes="$XB_SLURM_NODES" --exclusive --time=1 --output="$scratch/urgent.log" --wrap 'echo urgent was here'
wait_until grep -qs 'urgent was here' "$scratch/urgent.log"
wait_until queue_is_empty
logs_say run "$out" 'restart 1' || die "was not preempted"
logs_say run "$out" 'goes on after step' || die "began anew"
same_science "$scratch/run.toml" run "$out" "$plain"

say "out of time: USR1 before the limit, as often as it takes; the first attempt is held until then, so that it does not end before on a fast machine"
EXTRA_SBATCH_OPTIONS=--signal=B:USR1@45 begin late --time 1
kill -STOP "$process"
wait_until logs_say run "$out" 'asked to stop with a checkpoint'
kill -CONT "$process"
wait_until queue_is_empty
logs_say run "$out" 'restart 1' || die "was not requeued"
same_science "$scratch/run.toml" run "$out" "$plain"

# spread LAUNCHER: a run over two nodes is cancelled, submitted again, signalled as before a time limit, and requeued. Its steps are long on any machine.
spread() {
  say "a run over two nodes with $1 goes on after it was cancelled, and after it was signalled"
  printf 'source %q\nlauncher=%s\n' "$site" "$1" >"$scratch/$1.sh"
  out=$scratch/$1
  local -r start=("$source/slurm/submit" "$scratch/wide.toml" --site "$scratch/$1.sh" --out "$out" --nodes 2 --ranks-per-node 2 -- --checkpoint-minutes 0.05)
  job=$("${start[@]}" | sed -n '1s/ .*//p')_0
  wait_until compgen -G "$out/wide/*.checkpoint" >/dev/null # mpirun may kill its ranks before they have written another one
  scancel "${job%_0}"
  wait_until queue_is_empty
  logs_say wide "$out" 'not requeued' || die "the log does not say that it leaves the job cancelled"
  job=$("${start[@]}" | sed -n '1s/ .*//p')_0
  wait_until logs_say wide "$out" 'goes on after step'
  scancel --batch --signal=USR1 "$job"
  wait_until queue_is_empty
  logs_say wide "$out" 'restart 1' || die "was not requeued"
  [ "$(cat "$out"/wide/logs/*.log | grep -c 'goes on after step')" = 2 ] || die "began anew"
  same_science "$scratch/wide.toml" wide "$out" "$plain"
}
cat >"$scratch/wide.toml" <<'TOML'
name = "wide"
seeds = [1]
[data]
dataset = "quadratic(dim = 400000, zeta = 2, sigma = 1, steps = 50)"
[model]
name = "none"
[train]
nodes = 4
epochs = 4
batch_size = 1
lr = 0.05
[topology]
name = "ring"
[[variant]]
name = "ring"
baseline = true
TOML
"$xibench" run "$scratch/wide.toml" --out "$plain" --threads 1 --progress none
if srun --mpi=list 2>&1 | grep -q pmix; then spread srun; else echo "not tested: this Slurm has no pmix"; fi
if command -v mpirun >/dev/null; then spread mpirun; else echo "not tested: there is no mpirun here"; fi

# silent LAUNCHER: one of the two ranks of node n2 never reaches MPI, as on a node whose file system hangs.
silent() {
  say "a rank that never answers, with $1: preflight ends, names its node, and the job goes on without it"
  # shellcheck disable=SC2016  # for the other shell
  printf '#!/bin/sh\nif [ "$1 $SLURMD_NODENAME ${OMPI_COMM_WORLD_LOCAL_RANK:-$SLURM_LOCALID}" = "preflight n2 1" ]; then exec sleep 1000; fi\nexec %q "$@"\n' "$xibench" >"$scratch/silent"
  chmod +x "$scratch/silent"
  printf 'source %q\nprogram=%q launcher=%s\n' "$site" "$scratch/silent" "$1" >"$scratch/silent.sh"
  out=$scratch/silent-$1
  EXTRA_SBATCH_OPTIONS=--nodelist=n1 "$source/slurm/submit" "$scratch/wide.toml" --site "$scratch/silent.sh" --out "$out" --nodes 2 --ranks-per-node 2
  wait_until queue_is_empty
  logs_say wide "$out" 'these nodes are not fit: n2$' || die "preflight does not name the node"
  logs_say wide "$out" 'will not get these nodes again: n2;' || die "the node is not excluded"
  logs_say wide "$out" 'restart 1, on n\[1,3\]' || die "the job was not requeued without the node"
  same_science "$scratch/wide.toml" wide "$out" "$plain"
}
if srun --mpi=list 2>&1 | grep -q pmix; then silent srun; fi
if command -v mpirun >/dev/null; then silent mpirun; fi

say "a run that never gets to do a step gives up after three attempts"
cat >"$scratch/stuck.sh" <<STUCK
source "$site"
program=$scratch/stuck
STUCK
# In the job's step it stops at once, as if the signal came before the first step; elsewhere it is xibench.
# shellcheck disable=SC2016  # for the other shell
printf '#!/bin/sh\ncase "$*" in *--check*) ;; run*) exit 75 ;; esac\nexec %q "$@"\n' "$xibench" >"$scratch/stuck"
chmod +x "$scratch/stuck"
out=$scratch/never
"$source/slurm/submit" "$scratch/run.toml" --site "$scratch/stuck.sh" --out "$out"
wait_until queue_is_empty
logs_say run "$out" 'three attempts have made no new step' || die "does not give up"

say "a node lost: its slurmd is killed, and the step there goes on beside its successor until it sees that its lease is gone"
begin lost -- --checkpoint-minutes 0.05
node=$(squeue --noheader --jobs "$job" --format %N)
wait_until compgen -G "$out/run/*.checkpoint" >/dev/null
kill -STOP "$process" # until its successor is there: it must not end before
kill -KILL "$(cat "$scratch/slurm/run/slurmd-$node.pid")"
is_requeued() { [ "$(squeue --noheader --jobs "$job" --format %T)" = PENDING ]; }
wait_until is_requeued
kill -0 "$process" || die "the old step has ended with its slurmd: there is nothing to test here"
restarted() { hurry && logs_say run "$out" 'is taken over from process'; }
wait_until restarted
kill -CONT "$process"
old_has_stopped() { ! kill -0 "$process" 2>/dev/null; }
wait_until old_has_stopped # nobody else stops it: its slurmd is not there
"$source/slurm/local/cluster.sh" start-node "$node"
wait_until queue_is_empty
same_science "$scratch/run.toml" run "$out" "$plain"
say "done"
