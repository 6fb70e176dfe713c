# Sourced by the sbatch scripts, on the compute node: their arguments, the site's environment, and what happens to a step that a signal stops.
# shellcheck shell=bash
# shellcheck disable=SC2034  # the scripts read what is set here

log() { echo "$(date -u +%FT%TZ) $*"; }

# Slurm's --signal=B:USR1 reaches this shell only, also while it loads modules: it is noted from here on, and handed on to the step once there is one.
signalled=0
trap 'signalled=1' USR1 TERM

# read_arguments ROOT SITE SPEC OUT LOGS STAGE RUNS OFFSET PACK [--set KEY=VALUE ...] [other options of xibench run]: array task t of a stage does
# those of plan indices OFFSET + t * PACK, ... , OFFSET + t * PACK + PACK - 1 that are among RUNS (as 0-2,5) and not complete.
read_arguments() {
  root=$1 site=$2 spec=$3 out=$4 logs=$5 pack=$9
  selection=(--stage "$6") sets=()
  local index range
  for ((index = $8 + SLURM_ARRAY_TASK_ID * $9; index < $8 + (SLURM_ARRAY_TASK_ID + 1) * $9; index++)); do
    for range in ${7//,/ }; do
      if [ "$index" -ge "${range%-*}" ] && [ "$index" -le "${range#*-}" ]; then selection+=(--index "$index"); fi
    done
  done
  shift 9
  while [ "${1:-}" = --set ]; do
    sets+=("$1" "$2")
    shift 2
  done
  run_options=("$@")
  job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID # SLURM_JOB_ID is another number, and scontrol takes this one for an array's task
}

# The site's settings, modules and environment; "${xibench[@]}" and "${python[@]}" then call the two.
load_site() {
  launcher=srun mpirun_options=() container='' container_options=() modules=()
  program=$root/build/xibench interpreter=python3
  # shellcheck disable=SC2317  # a site may have nothing to export
  site_environment() { :; }
  # shellcheck source=slurm/site.example.sh
  source "$site"
  if [ ${#modules[@]} -gt 0 ]; then module load "${modules[@]}"; fi
  site_environment
  export LC_ALL=C.UTF-8 TZ=UTC
  export OMP_NUM_THREADS=1 # nodes of the experiment are threads of xibench; the libraries below it add none
  unset SLURM_EXPORT_ENV   # set by sbatch --export=NONE; srun would start its tasks without what was loaded above
  local inside=()
  if [ -n "$container" ]; then inside=(apptainer exec "${container_options[@]}" "$container"); fi
  xibench=("${inside[@]}" "$program")
  python=("${inside[@]}" "$interpreter")
}

# run_step COMMAND...: its exit status is in $status. Slurm's --signal=B:USR1 reaches this shell only, which passes it on: srun and mpirun
# pass it to all ranks, and these stop at the next step, with a checkpoint and status 75.
run_step() {
  log "$job, restart ${SLURM_RESTART_COUNT:-0}, on $SLURM_JOB_NODELIST: $*"
  status=75
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
  log "ended with status $status"
}

# patiently COMMAND...: tries again after so many seconds each; when many jobs are preempted at once, Slurm's controller answers late or not at all.
patience=(1 2 4 8 15 30)
patiently() {
  local pause
  for pause in "${patience[@]}"; do
    if "$@"; then return 0; fi
    log "no success: $*; again in $pause s" >&2
    sleep "$pause"
  done
  "$@"
}

# Ends the job with $status. 75 means that the runs want to go on. Slurm requeues only what it kills itself, so the job requeues itself, except
# when somebody has cancelled it, or when it was requeued three times without having done a step; otherwise as often as it takes.
end_job() {
  local -r memory=$logs/requeued-$job
  if [ "$status" != 75 ]; then
    rm -f "$memory"
    exit "$status"
  fi
  local state
  state=$(patiently squeue --noheader --jobs "$job" --format %T) || state=RUNNING # no answer is no cancellation
  if [ "$state" != RUNNING ]; then
    log "interrupted with a checkpoint, and the job is ${state:-unknown to Slurm}: not requeued"
    exit 75
  fi
  local now before='' times=0
  now=$("${xibench[@]}" status "$spec" --out "$out" "${sets[@]}" "${selection[@]}" --json | grep -E '"(id|state|step)":' | tr -d ' \n') || now=unknown-$SECONDS-$RANDOM
  if [ -e "$memory" ]; then { read -r times && read -r before; } <"$memory"; fi
  if [ "$now" = "$before" ]; then times=$((times + 1)); else times=1; fi
  if [ $times -gt 3 ]; then
    log "no new step in three attempts: not requeued; give it more time (--time), or a signal nearer to its end (--signal=B:USR1@60 in sbatch_options)"
    rm -f "$memory"
    exit 1
  fi
  printf '%s\n' $times "$now" >"$memory"
  if ! patiently scontrol requeue "$job"; then
    log "interrupted, and Slurm cannot be asked to requeue: submit again"
    exit 75
  fi
  log "interrupted: requeued"
  sleep 300 # Slurm ends this shell
  exit 75
}
