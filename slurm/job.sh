# Sourced by the sbatch scripts on the compute node: reads their arguments, runs the step, and requeues or ends the job after it. A step here is a Slurm step:
# one call of xibench run.
# shellcheck shell=bash
# shellcheck disable=SC2034  # the scripts read these variables

# shellcheck source=slurm/shell.sh
source "$1/slurm/shell.sh"

# Signals from here on: Slurm's --signal=B:USR1 reaches this shell only, perhaps while it loads modules. The shell remembers it and passes it to the step.
signalled=0
trap 'signalled=1' USR1 TERM

# problem TEXT: ends the job because of bad input. But the SIGTERM of a cancelled job reaches all its processes, and a plan or a module that ends with it is
# not bad input.
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

# read_arguments ROOT SITE SPEC OUT LOGS IDS RUNS OFFSET PACK [--set KEY=VALUE ...] [other options of xibench run]: sets the variables of the scripts.
# Array task t does the runs with plan indices OFFSET + t * PACK, ..., OFFSET + t * PACK + PACK - 1 that are among RUNS (such as 0-2,5) and not complete.
# IDS is the file of the submitted runs, with lines "index id". A task asks for its runs by id, so it does these runs or none.
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
  job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID # scontrol takes this number for a task of an array; SLURM_JOB_ID is another number
}

# refuse_other_runs ID...: ends the job if its plan, made with the program, the libraries and the environment of this node, lacks one of these submitted
# runs. Sets $device to that of the first run.
refuse_other_runs() {
  local plan other=()
  plan=$("${xibench[@]}" plan "$spec" "${sets[@]}" --json) || problem "$spec cannot be planned here, although it could where it was submitted"
  mapfile -t other < <(comm -23 <(printf '%s\n' "$@" | sort) <(sed -n 's/^      "id": "\(.*\)",$/\1/p' <<<"$plan" | sort))
  [ ${#other[@]} = 0 ] ||
    problem "run ${other[0]} was submitted, and $spec gives other runs here: the program, a graph file or the environment has changed since; submit again"
  device=$(sed -n "/\"id\": \"$1\"/,\$s/^ *\"device\": \"\(.*\)\",\$/\1/p" <<<"$plan" | head -n 1)
}

# oom_kills: number of processes that the kernel of this host has killed because memory ran out, by a job's limit or the host's.
vmstat=/proc/vmstat
oom_kills() { sed -n 's/^oom_kill //p' "$vmstat" 2>/dev/null || true; }
oom_kills_before=$(oom_kills)

# run_step COMMAND...: runs it and sets $status. Slurm's --signal=B:USR1 reaches this shell only, which passes it on. srun and mpirun pass it to all ranks,
# and these stop after their current training step, with a checkpoint and status 75.
run_step() {
  log "$job, restart ${SLURM_RESTART_COUNT:-0}, on $SLURM_JOB_NODELIST: $*"
  status=75
  oom_kills_before=$(oom_kills)
  if [ $signalled = 0 ]; then
    "$@" &
    local -r step=$!
    trap 'signalled=1 again=1; log "signal: the step is asked to stop with a checkpoint"; kill -USR1 "$step" 2>/dev/null || true' USR1 TERM
    if [ $signalled = 1 ]; then kill -USR1 "$step" 2>/dev/null || true; fi # for a signal between the two lines above
    local again=1
    while [ $again = 1 ]; do # wait again, because a trap interrupts wait
      again=0 status=0
      wait "$step" || status=$?
    done
  fi
  trap '' USR1 TERM # the rest is short and must not be interrupted
  # Status of the signal itself: it came before the program, srun or mpirun could catch it.
  if [ $signalled = 1 ] && { [ $status = $((128 + 10)) ] || [ $status = $((128 + 15)) ]; }; then status=75; fi
  log "the step ended with status $status"
}

# progress_of_runs: prints a line per run of this task: id, state, and its checkpoint. Only training steps in a checkpoint or a result count as progress.
progress_of_runs() {
  local text id state
  text=$("${xibench[@]}" status "$spec" --out "$out" "${sets[@]}" "${selection[@]}" --no-queue --json) || return 1
  while read -r id state; do
    echo "$id $state $(stat --format '%i %y' "${logs%/logs}/$id.checkpoint" 2>/dev/null || echo without checkpoint)"
  done < <(sed -En 's/^ *"(id|state)": "(.*)",$/\2/p' <<<"$text" | paste -d ' ' - -)
}

# why_killed: prints why the step was killed, as far as this host and Slurm's accounting know, and the remedy.
why_killed() {
  local had=${SLURM_MEM_PER_NODE:+, $SLURM_MEM_PER_NODE MB per node at present} cause='the step was killed (SIGKILL) for an unknown reason, often memory'
  had=${had:-${SLURM_MEM_PER_CPU:+, $SLURM_MEM_PER_CPU MB per processor at present}}
  if [ "$(oom_kills)" != "$oom_kills_before" ] ||
    timeout 20 sacct --noheader --parsable2 --jobs "$job" --format State 2>/dev/null | grep -q OUT_OF_ME; then
    cause='a process was killed because memory ran out'
  fi
  echo "$cause: raise --mem in sbatch_options of $site$had, or lower --pack"
}

# leave_to_slurm: if Slurm ends this job, logs whether it was requeued and ends the shell. The step and this shell together have KillWait seconds for that
# (30 by default), so nothing slow comes before. A job that Slurm has requeued has one restart more than this attempt. If the job goes on, sets $excluded to
# the nodes that it already must not get.
leave_to_slurm() {
  local shown state restarts
  shown=$(patiently scontrol show job "$job") || return 0 # no answer does not mean cancelled
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

fit=1 unfit='' # set by preflight.sh: fit=0 if the nodes are not fit, unfit=the names of those that are not, if known

# exclude_nodes LIST: keeps the job from these nodes. Called after the requeue, because Slurm accepts it for waiting jobs only.
exclude_nodes() {
  if patiently scontrol update JobId="$job" ExcNodeList="$1"; then
    log "the job will not get these nodes again: $1; tell the administrators"
  else
    log "Slurm did not answer the request to exclude them; do it by hand: scontrol update JobId=$job ExcNodeList=$1"
  fi
}

has_checkpoint='^[0-9a-f]+ (running|interrupted|failed|missing) [0-9]' # a line of progress_of_runs for a run that is not complete and has a checkpoint

results_are_there() {
  local id
  for id in "${wanted[@]}"; do [ -e "${logs%/logs}/$id.h5" ] || return 1; done
}

# wants_to_go_on: succeeds if runs of the step, which ended with $status, can go on. That is so after 75; after 0 if results are missing, because srun also
# ends with 0 when a node fails; and if the step, or one of its runs, was killed.
wants_to_go_on() {
  case $status in
    75) ;;
    0) ! results_are_there && log "the step ended with status 0, but its runs are not complete" ;;
    137) was_killed=1 ;;
    1) [ "$(oom_kills)" != "$oom_kills_before" ] && was_killed=1 ;;
    *) return 1 ;;
  esac
}

# end_job: ends the job with $status. Slurm requeues only jobs that it ends itself, so the job requeues itself as often as its runs can go on. It does not if
# somebody has cancelled it, or if three attempts made no new training step.
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
    [[ $times =~ ^[1-9]$ ]] || times=0 # the file is empty after a full disk
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
  leave_to_slurm # again, because the lines between take seconds and a job that was cancelled meanwhile must stay cancelled
  if ! patiently scontrol requeue "$job"; then
    log "the runs were interrupted, and Slurm did not answer the request to requeue the job: submit again to go on"
    exit 75
  fi
  log "the runs were $([ $fit = 1 ] && echo interrupted || echo 'not begun'); the job is requeued"
  if [ -n "$unfit" ]; then exclude_nodes "${excluded:+$excluded,}$unfit"; fi
  sleep 300 # Slurm ends this shell
  exit 75
}
