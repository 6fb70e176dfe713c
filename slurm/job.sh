# Sourced by the sbatch scripts, on the compute node, with their arguments: what they mean, and what happens to a step that a signal stops.
# shellcheck shell=bash
# shellcheck disable=SC2034  # the scripts read what is set here

# shellcheck source=slurm/shell.sh
source "$1/slurm/shell.sh"

# Slurm's --signal=B:USR1 reaches this shell only, also while it loads modules: it is noted from here on, and handed on to the step once there is one.
signalled=0
trap 'signalled=1' USR1 TERM

# The SIGTERM of a cancelled job reaches all its processes: a plan or a module that ends with it is no bad input.
problem() {
  if [ $signalled = 1 ]; then
    log "a signal came before the step: $*"
    status=75
    [ -z "${job:-}" ] || end_job
    exit 75
  fi
  log "$*" >&2
  exit 2
}

# read_arguments ROOT SITE SPEC OUT LOGS IDS RUNS OFFSET PACK [--set KEY=VALUE ...] [other options of xibench run]: array task t does those of plan
# indices OFFSET + t * PACK, ... , OFFSET + t * PACK + PACK - 1 that are among RUNS (as 0-2,5) and not complete. IDS is the file of what was submitted,
# lines "index id": a task asks for its runs by id, so it does these runs or none.
read_arguments() {
  root=$1 site=$2 spec=$3 out=$4 logs=$5 ids=$6 pack=$9
  local index range id
  [ -r "$ids" ] || problem "$ids, the list of the runs that were submitted, cannot be read: submit again"
  selection=() sets=() wanted=()
  for ((index = $8 + SLURM_ARRAY_TASK_ID * $9; index < $8 + (SLURM_ARRAY_TASK_ID + 1) * $9; index++)); do
    for range in ${7//,/ }; do
      if [ "$index" -lt "${range%-*}" ] || [ "$index" -gt "${range#*-}" ]; then continue; fi
      id=$(sed -n "s/^$index //p" "$ids")
      [ -n "$id" ] || problem "$ids has no run $index: submit again"
      selection+=(--id "$id") wanted+=("$id")
    done
  done
  [ ${#wanted[@]} -gt 0 ] || problem "array task $SLURM_ARRAY_TASK_ID has none of the runs $7: submit again"
  shift 9
  while [ "${1:-}" = --set ]; do
    sets+=("$1" "$2")
    shift 2
  done
  run_options=("$@")
  job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID # SLURM_JOB_ID is another number, and scontrol takes this one for an array's task
}

# refuse_other_runs ID...: what this job plans, with the program, the libraries and the environment of its node, is what was submitted. Sets $device, of
# the first of them.
refuse_other_runs() {
  local plan other=()
  plan=$("${xibench[@]}" plan "$spec" "${sets[@]}" --json) || problem "$spec cannot be planned here, and could where it was submitted"
  mapfile -t other < <(comm -23 <(printf '%s\n' "$@" | sort) <(sed -n 's/^      "id": "\(.*\)",$/\1/p' <<<"$plan" | sort))
  [ ${#other[@]} = 0 ] ||
    problem "run ${other[0]} was submitted, and $spec gives other runs here: the program, a graph file or the environment has changed since; submit again"
  device=$(sed -n "/\"id\": \"$1\"/,\$s/^ *\"device\": \"\(.*\)\",\$/\1/p" <<<"$plan" | head -n 1)
}

# How many processes the kernel of this host has killed for want of memory, in a job's own limit or in that of the host.
vmstat=/proc/vmstat
oom_kills() { sed -n 's/^oom_kill //p' "$vmstat" 2>/dev/null || true; }
oom_kills_before=$(oom_kills)

# run_step COMMAND...: its exit status is in $status. Slurm's --signal=B:USR1 reaches this shell only, which passes it on: srun and mpirun
# pass it to all ranks, and these stop at the next step, with a checkpoint and status 75.
run_step() {
  log "$job, restart ${SLURM_RESTART_COUNT:-0}, on $SLURM_JOB_NODELIST: $*"
  status=75
  oom_kills_before=$(oom_kills)
  if [ $signalled = 0 ]; then
    "$@" &
    local -r step=$!
    trap 'signalled=1 again=1; log "signal: the step is asked to stop with a checkpoint"; kill -USR1 "$step" 2>/dev/null || true' USR1 TERM
    if [ $signalled = 1 ]; then kill -USR1 "$step" 2>/dev/null || true; fi # it came between the two lines above
    local again=1
    while [ $again = 1 ]; do # a trap interrupts wait: wait again
      again=0 status=0
      wait "$step" || status=$?
    done
  fi
  trap '' USR1 TERM # what follows is short, and must not be cut
  # Ended by the signal itself: it came before the program, srun or mpirun could catch it.
  if [ $signalled = 1 ] && { [ $status = $((128 + 10)) ] || [ $status = $((128 + 15)) ]; }; then status=75; fi
  log "the step ended with status $status"
}

# What this task's runs have behind them, a line each: id, state, and which checkpoint there is. A new step that counts is one in a checkpoint or a result.
progress_of_runs() {
  local text id state
  text=$("${xibench[@]}" status "$spec" --out "$out" "${sets[@]}" "${selection[@]}" --no-queue --json) || return 1
  while read -r id state; do
    echo "$id $state $(stat --format '%i %y' "${logs%/logs}/$id.checkpoint" 2>/dev/null || echo without checkpoint)"
  done < <(sed -En 's/^ *"(id|state)": "(.*)",$/\2/p' <<<"$text" | paste -d ' ' - -)
}

# Why a step was killed, as far as this host and Slurm's accounting tell, and what to do about it.
why_killed() {
  local had=${SLURM_MEM_PER_NODE:+, $SLURM_MEM_PER_NODE MB per node at present} cause='the step was killed (SIGKILL), and nothing here says why; it is often memory'
  had=${had:-${SLURM_MEM_PER_CPU:+, $SLURM_MEM_PER_CPU MB per processor at present}}
  if [ "$(oom_kills)" != "$oom_kills_before" ] ||
    timeout 20 sacct --noheader --parsable2 --jobs "$job" --format State 2>/dev/null | grep -q OUT_OF_ME; then
    cause='a process was killed because memory ran out'
  fi
  echo "$cause: raise --mem in sbatch_options of $site$had, or lower --pack"
}

# leave_to_slurm: where Slurm ends this job, says what becomes of it and ends the shell. Slurm gives the step and this shell KillWait seconds together
# (30 by default) for that: nothing slow comes before. A job that Slurm has requeued counts one restart more than this attempt. Where it goes on:
# $excluded are the nodes that it must not get already.
leave_to_slurm() {
  local shown state restarts
  shown=$(patiently scontrol show job "$job") || return 0 # no answer is no cancellation
  state=$(sed -En 's/.*\bJobState=([A-Z_]+).*/\1/p' <<<"$shown" | head -n 1)
  restarts=$(sed -En 's/.*\bRestarts=([0-9]+).*/\1/p' <<<"$shown" | head -n 1)
  excluded=$(sed -En 's/.*\bExcNodeList=([^ (]+).*/\1/p' <<<"$shown" | head -n 1)
  [ "$state" != RUNNING ] || return 0
  if [ "${restarts:-0}" -gt "${SLURM_RESTART_COUNT:-0}" ]; then
    log "Slurm ends this job and has requeued it itself (preempted, a node lost, or scontrol requeue)"
  else
    log "Slurm ends this job (${state:-no state}: cancelled, or out of time): not requeued; submit again to go on"
  fi
  exit 75
}

fit=1 unfit='' # preflight.sh: 0 where the nodes are not fit to run on, and which of them are not, where that is known

# exclude_nodes LIST: Slurm takes one for waiting jobs only, hence after the requeue.
exclude_nodes() {
  if patiently scontrol update JobId="$job" ExcNodeList="$1"; then
    log "the job will not get these nodes again: $1; tell the administrators"
  else
    log "Slurm gives no answer to the request to exclude them: scontrol update JobId=$job ExcNodeList=$1"
  fi
}

has_checkpoint='^[0-9a-f]+ (running|interrupted|failed|missing) [0-9]' # a line of progress_of_runs: not complete, and there is a checkpoint

results_are_there() {
  local id
  for id in "${wanted[@]}"; do [ -e "${logs%/logs}/$id.h5" ] || return 1; done
}

# wants_to_go_on: whether the step, which ended with $status, leaves runs that may go on: after 75; after 0 where results are missing, as at a node's
# failure, when srun ends with 0 too; and where it, or a run of it, was killed.
wants_to_go_on() {
  case $status in
    75) ;;
    0) ! results_are_there && log "the step ended with status 0, but its runs are not complete" ;;
    137) was_killed=1 ;;
    1) [ "$(oom_kills)" != "$oom_kills_before" ] && was_killed=1 ;;
    *) return 1 ;;
  esac
}

# Ends the job with $status. Slurm requeues only what it kills itself, so the job requeues itself where its runs want to go on, except when somebody
# has cancelled it, or when it was requeued three times without having done a step; otherwise as often as it takes.
end_job() {
  local -r memory=$logs/requeued-$job
  local now before='' times=0 was_killed=0 excluded=''
  if ! wants_to_go_on; then
    if [ $signalled = 1 ] && [ "$status" != 0 ]; then leave_to_slurm; fi # mpirun ends with 1 at the SIGTERM of a cancelled job
    rm -f "$memory"
    exit "$status"
  fi
  leave_to_slurm
  now=$(progress_of_runs) || now=unknown-$SECONDS-$RANDOM
  if [ $was_killed = 1 ]; then log "$(why_killed)"; fi
  if [ $was_killed = 1 ] && ! grep -Eq "$has_checkpoint" <<<"$now"; then
    log "there is no checkpoint to go on from: not requeued"
    rm -f "$memory"
    exit "$status"
  fi
  if [ -e "$memory" ]; then
    times=$(head -n 1 "$memory")
    [[ $times =~ ^[1-9]$ ]] || times=0 # a full disk leaves it empty
    before=$(tail -n +2 "$memory")
  fi
  if [ "$now" = "$before" ]; then times=$((times + 1)); else times=1; fi
  if [ $times -gt 3 ]; then
    local remedy='give it more time (--time), or a signal nearer to its end (--signal=B:USR1@60 in sbatch_options)'
    if [ $was_killed = 1 ]; then remedy='each of them was killed'; fi
    if [ $fit = 0 ]; then remedy='the nodes were not fit (the lines above say why)'; fi
    log "three attempts have made no new step: not requeued; $remedy"
    rm -f "$memory"
    exit 1
  fi
  printf '%s\n' $times "$now" >"$memory"
  leave_to_slurm # again: what came between took seconds, and a job that was cancelled meanwhile must stay so
  if ! patiently scontrol requeue "$job"; then
    log "the runs were interrupted, and Slurm gives no answer to the request to requeue the job: submit again to go on"
    exit 75
  fi
  log "the runs were $([ $fit = 1 ] && echo interrupted || echo 'not begun'); the job is requeued"
  if [ -n "$unfit" ]; then exclude_nodes "${excluded:+$excluded,}$unfit"; fi
  sleep 300 # Slurm ends this shell
  exit 75
}
