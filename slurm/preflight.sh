# Sourced by run.sbatch, with job.sh: are the nodes of this job fit for a run over several of them, or on their GPUs? One that is not slows or spoils the
# others' hours.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # job.sh and the scripts read what is set here, and set what is read

# failing_nodes FOUND SAID: their names, as Slurm takes them. FOUND is preflight's JSON. There is none where a rank hangs, crashed, or could not be
# started: then SAID tells. Ranks that others pull down end otherwise (exit code 1, Killed), and their nodes are not blamed.
failing_nodes() {
  local -r exclude=$(sed -n 's/^  "exclude": "\(.*\)",$/\1/p' "$1")
  if [ -n "$exclude" ]; then
    echo "$exclude"
    return
  fi
  {
    sed -En -e 's/^srun: error: ([^ :]+): tasks? [^:]*: (Segmentation fault|Illegal instruction|Bus error|Floating point exception|Exited with exit code 12[67]).*/\1/p' \
      -e 's/^srun: error: Task launch for .* failed on node ([^ :]+):.*/\1/p' \
      -e 's/^mpirun noticed that process rank .* on node ([^ ]+) exited on signal (4|7|8|11) .*/\1/p' -e 's/^Node: +([^ ]+)$/\1/p' "$2"
    hanging_nodes "$2"
  } | sort -u | paste -s -d ,
}

# hanging_nodes SAID: where ranks say that they wait for others, the nodes of which not every rank says so.
hanging_nodes() {
  local node
  grep -q '^xibench: preflight: node .* waits for others' "$1" || return 0
  timeout 20 scontrol show hostnames "$SLURM_JOB_NODELIST" | while read -r node; do
    [ "$(grep -c "^xibench: preflight: node $node: .* waits for others" "$1")" -ge "${SLURM_NTASKS_PER_NODE:-1}" ] || echo "$node"
  done
}

# nodes_are_fit LAUNCHER...: about ten seconds, a minute and a half where a rank hangs. Where they are not: $status is 75 and $unfit names those that
# failed, for end_job, which requeues the job without them. A launch that is wrong on every node ends the job with status 2.
nodes_are_fit() {
  [ "$preflight" = yes ] && [ "$signalled" = 0 ] && { [ "${SLURM_JOB_NUM_NODES:-1}" -gt 1 ] || [ "$device" = cuda ]; } || return 0
  local -r begun=$SECONDS found=$(mktemp) said=$(mktemp)
  local options=(--threads "$cpus" --stall-seconds 30 --json --device "$device")
  if [ "$device" = cuda ]; then options+=(--all-reduce-file "$all_reduce_file"); fi
  local code=0
  log "preflight on $SLURM_JOB_NODELIST: $* ${xibench[*]} preflight ${options[*]}"
  timeout --kill-after=20 90 "$@" "${xibench[@]}" preflight "${options[@]}" >"$found" 2>"$said" </dev/null || code=$?
  cat "$said" >&2
  [ $code != 2 ] || problem "preflight: the ranks cannot run as they are launched (the lines above say why); preflight=no in $site skips this check"
  if [ $code = 0 ]; then
    log "preflight: the nodes are fit ($((SECONDS - begun)) s)"
  elif [ "$signalled" = 0 ]; then
    unfit=$(failing_nodes "$found" "$said")
    if [ $code = 124 ]; then log "preflight: it has not ended within 90 s"; fi
    log "preflight failed with status $code: ${unfit:+these nodes are not fit: }${unfit:-it names no node}"
    status=75 fit=0
    if [ -n "$unfit" ] && [ "${SLURM_JOB_NUM_NODES:-1}" -gt 1 ] && [ "$(timeout 20 scontrol show hostnames "$unfit" | sort -u | wc -l)" -ge "$SLURM_JOB_NUM_NODES" ]; then
      log "these are all nodes of the job, so the program or the launch is wrong: not requeued"
      status=1
    fi
    trap '' USR1 TERM # what follows is short, and must not be cut
  fi
  rm -f "$found" "$said"
  [ $code = 0 ] || [ "$signalled" = 1 ] # run_step does nothing after a signal
}
