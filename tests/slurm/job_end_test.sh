#!/usr/bin/env bash
# What job.sh makes of the end of a step: what it says, and whether the job requeues itself. With stand-ins for a results directory (RUNS: lines
# "id state"), Slurm (STATE, RESTARTS) and a kernel that has killed processes for want of memory (OOM).
# shellcheck disable=SC2016  # for the other shell
set -euo pipefail
source=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# shellcheck source=tests/slurm/expect.sh
source "$source/tests/slurm/expect.sh"

mkdir -p "$scratch/bin" "$scratch/sweep/logs"
cat >"$scratch/bin/results" <<'STANDIN'
#!/bin/sh
echo results >>"$CALLS"
echo "$RUNS" | while read -r id state; do printf '      "id": "%s",\n      "state": "%s",\n' "$id" "$state"; done
STANDIN
cat >"$scratch/bin/scontrol" <<'STANDIN'
#!/bin/sh
echo "scontrol $1" >>"$CALLS"
[ "$1" != show ] || printf 'JobId=8 ArrayJobId=7 ArrayTaskId=1\n   JobState=%s Reason=None Dependency=(null)\n   Requeue=1 Restarts=%s BatchFlag=1\n' "$STATE" "$RESTARTS"
STANDIN
printf '#!/bin/sh\nexit 1\n' >"$scratch/bin/sacct" # no accounting
chmod +x "$scratch/bin"/*
printf '%s\n' '0 a0' '1 a1' '2 a2' '5 a5' >"$scratch/ids"

# ended STATUS [NAME=VALUE ...]: what the batch shell says, and its exit status, when the step has ended with STATUS; in $scratch/calls, whom it asked.
ended() {
  local -r status=$1
  shift
  : >"$scratch/calls"
  env CALLS="$scratch/calls" PATH="$scratch/bin:$PATH" SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_JOB_ID=7 SLURM_JOB_NODELIST=here SLURM_MEM_PER_NODE=200 \
    STATE=RUNNING RESTARTS=0 RUNS='a1 interrupted' OOM=0 "$@" bash -c 'set -euo pipefail; source "$1"/slurm/job.sh; sleep() { :; }; patience=()
      read_arguments "$1" the-site spec out "$2/sweep/logs" "$2/ids" 0-2,5 0 1; xibench=(results); vmstat=$2/vmstat; oom_kills_before=0 signalled=${SIGNALLED:-0}
      echo "oom_kill $OOM" >"$vmstat"; status=$3; '"${begin:-}"' end_job' - "$source" "$scratch" "$status" 2>&1 || echo "status $?"
}

# Slurm ends the job itself: preempted, it is requeued before its step ends; cancelled, it is not.
said=$(ended 75 STATE=COMPLETING RESTARTS=1)
expect "$said" 'has requeued it itself'
never "$said" 'not requeued'
expect "$(ended 75 STATE=COMPLETING)" 'COMPLETING: cancelled, or out of time): not requeued'
[ "$(cat "$scratch/calls")" = 'scontrol show' ] || die "Slurm gives it KillWait seconds, and it spends them on: $(cat "$scratch/calls")"
said=$(ended 75 STATE=COMPLETING RESTARTS=1 SLURM_RESTART_COUNT=1) # an attempt that was requeued once, and is cancelled now
expect "$said" 'not requeued'

said=$(ended 1 STATE=COMPLETING SIGNALLED=1) # mpirun, whatever its ranks end with
expect "$said" 'COMPLETING: cancelled, or out of time): not requeued'
expect "$(ended 1 SIGNALLED=1)" '^status 1$' # a failure, just then

# Cancelled while it plans: the SIGTERM reaches the program too.
printf '#!/bin/sh\nkill -TERM "$(cat %q)"\nkill -TERM $$\n' "$scratch/shell" >"$scratch/bin/killed"
chmod +x "$scratch/bin/killed"
said=$(begin='echo $$ >"$2/shell"; xibench=(killed); sets=(); refuse_other_runs a1;' ended 75 STATE=COMPLETING)
expect "$said" 'COMPLETING: cancelled, or out of time): not requeued'
expect "$said" '^status 75$'
expect "$(begin='xibench=(false); sets=(); refuse_other_runs a1;' ended 75)" '^status 2$' # nobody has cancelled it

# A node of the job is lost: srun ends with 0 or as killed, and it is Slurm that ends the job.
said=$(ended 0 STATE=COMPLETING RESTARTS=1)
expect "$said" 'status 0, but its runs are not complete'
expect "$said" 'has requeued it itself'
said=$(ended 137 STATE=COMPLETING RESTARTS=1)
expect "$said" 'has requeued it itself'
never "$said" 'memory'
expect "$(ended 0)" 'the runs were interrupted; the job is requeued'
touch "$scratch/sweep/a1.h5"
[ -z "$(ended 0 RUNS='a1 complete')" ] || die "says something of a run that is complete"
[ ! -s "$scratch/calls" ] || die "asks of a run that is complete: $(cat "$scratch/calls")"
rm "$scratch/sweep/a1.h5"

# Cancelled while the job looked at its runs, which takes seconds: it stays cancelled.
cp "$scratch/bin/results" "$scratch/slow"
printf '#!/bin/sh\n%s "$@"\nsed -i s/JobState=%%s/JobState=CANCELLED/ %s\n' "$scratch/slow" "$scratch/bin/scontrol" >"$scratch/bin/results"
cp "$scratch/bin/scontrol" "$scratch/plain"
said=$(ended 75)
expect "$said" 'CANCELLED: cancelled, or out of time): not requeued'
never "$(cat "$scratch/calls")" 'requeue'
cp "$scratch/slow" "$scratch/bin/results" && cp "$scratch/plain" "$scratch/bin/scontrol"

# Killed: the cause, what to raise, and on from the checkpoint where there is one, for as long as there is a newer one each time.
said=$(ended 137 OOM=1)
expect "$said" 'memory ran out: raise --mem in sbatch_options of the-site, 200 MB per node at present'
expect "$said" 'no checkpoint to go on from: not requeued'
expect "$said" '^status 137$'
touch "$scratch/sweep/a1.checkpoint"
attempts() {
  for _ in 1 2 3; do
    said=$(ended 137)
    expect "$said" 'killed (SIGKILL) for an unknown reason, often memory: raise --mem'
    expect "$said" 'the runs were interrupted; the job is requeued'
  done
}
attempts
said=$(ended 137)
expect "$said" 'three attempts have made no new step: not requeued; each of them was killed'
expect "$said" '^status 1$'
ended 137 >/dev/null
touch --date='1 hour' "$scratch/sweep/a1.checkpoint"
attempts
printf '#!/bin/sh\necho OUT_OF_MEMORY\n' >"$scratch/bin/sacct"
expect "$(ended 137 RUNS='b2 interrupted')" 'memory ran out'
said=$(ended 1 OOM=1 RUNS='a1 complete
b2 failed') # one of several side by side, without a checkpoint
expect "$said" 'memory ran out'
expect "$said" '^status 1$'

# Any other status is the job's own.
expect "$(ended 1)" '^status 1$'
expect "$(ended 3 OOM=1)" '^status 3$'
