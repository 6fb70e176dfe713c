# Sourced by run.sbatch, with job.sh: checks whether the nodes of this job are fit for a run over several nodes, or on their GPUs. One bad node slows or
# spoils hours of all others.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # variables shared with job.sh and the scripts

# failing_nodes FOUND SAID: prints their names as a list for Slurm. FOUND is the preflight's JSON. It is empty if a rank hung, crashed or could not start;
# then the names come from SAID, the messages. Ranks that end because of others (exit code 1, Killed) do not count against their nodes.
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

# hanging_nodes SAID: if ranks report that they wait for others, prints the nodes where not every rank reports it.
hanging_nodes() {
  local node
  grep -q '^xibench: preflight: node .* waits for others' "$1" || return 0
  timeout 20 scontrol show hostnames "$SLURM_JOB_NODELIST" | while read -r node; do
    [ "$(grep -c "^xibench: preflight: node $node: .* waits for others" "$1")" -ge "${SLURM_NTASKS_PER_NODE:-1}" ] || echo "$node"
  done
}

# nodes_are_fit LAUNCHER...: takes about ten seconds, and a minute and a half if a rank hangs. If nodes are not fit, $status is 75 and $unfit names them, and
# end_job requeues the job without them. A launch that is wrong on every node ends the job with status 2.
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
    if [ $code = 124 ]; then log "preflight: did not end within 90 s"; fi
    log "preflight failed with status $code: ${unfit:+these nodes are not fit: }${unfit:-it names no node}"
    status=75 fit=0
    if [ -n "$unfit" ] && [ "${SLURM_JOB_NUM_NODES:-1}" -gt 1 ] && [ "$(timeout 20 scontrol show hostnames "$unfit" | sort -u | wc -l)" -ge "$SLURM_JOB_NUM_NODES" ]; then
      log "these are all nodes of the job, so the program or the launch is wrong: not requeued"
      status=1
    fi
    trap '' USR1 TERM # the rest is short and must not be interrupted
  fi
  rm -f "$found" "$said"
  [ $code = 0 ] || [ "$signalled" = 1 ] # after a signal run_step does nothing
}
