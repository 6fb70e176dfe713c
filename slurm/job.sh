# Sourced by the sbatch scripts, on the compute node: their arguments, the site's environment, and what happens to a step that a signal stops.
# shellcheck shell=bash
# shellcheck disable=SC2034  # the scripts read what is set here

log() { echo "$(date -u +%FT%TZ) $*"; }

# read_arguments ROOT SITE SPEC OUT LOGS STAGE LAST OFFSET PACK [--set KEY=VALUE ...] [other options of xibench run]: array task t of a stage does
# those of plan indices OFFSET + t * PACK, ... , OFFSET + t * PACK + PACK - 1 that are of this stage, at most LAST, and not complete.
read_arguments() {
  root=$1 site=$2 spec=$3 out=$4 logs=$5 pack=$9
  selection=(--stage "$6") sets=()
  local index=$(($8 + SLURM_ARRAY_TASK_ID * $9))
  local -r last=$((index + $9 - 1 < $7 ? index + $9 - 1 : $7))
  for (( ; index <= last; index++)); do selection+=(--index "$index"); done
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
  local signalled=1
  "$@" &
  local -r step=$!
  trap 'signalled=1; log "signal: the step is asked to stop with a checkpoint"; kill -USR1 "$step" 2>/dev/null || true' USR1 TERM
  while [ $signalled = 1 ]; do # a trap interrupts wait: wait again
    signalled=0 status=0
    wait "$step" || status=$?
  done
  trap - USR1 TERM
  log "ended with status $status"
}

# Ends the job with $status. 75 means that the runs want to go on. Slurm requeues only what it kills itself, so the job requeues itself, except
# when somebody has cancelled it, or when it was requeued three times without having done a step; otherwise as often as it takes.
end_job() {
  local -r memory=$logs/requeued-$job
  if [ "$status" != 75 ]; then
    rm -f "$memory"
    exit "$status"
  fi
  local -r state=$(squeue --noheader --jobs "$job" --format %T)
  if [ "$state" != RUNNING ]; then
    log "interrupted with a checkpoint, and the job is ${state:-unknown to Slurm}: not requeued"
    exit 75
  fi
  local now before='' times=0
  now=$("${xibench[@]}" status "$spec" --out "$out" "${sets[@]}" "${selection[@]}" --json | grep -E '"(id|state|step)":' | tr -d ' \n')
  if [ -e "$memory" ]; then { read -r times && read -r before; } <"$memory"; fi
  if [ "$now" = "$before" ]; then times=$((times + 1)); else times=1; fi
  if [ $times -gt 3 ]; then
    log "no new step in three attempts: not requeued; give it more time, or an earlier --signal"
    rm -f "$memory"
    exit 1
  fi
  printf '%s\n' $times "$now" >"$memory"
  log "interrupted with a checkpoint: requeued"
  scontrol requeue "$job"
  sleep 300 # Slurm ends this shell
  exit 75
}
