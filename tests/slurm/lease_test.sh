#!/usr/bin/env bash
# When a run's lease, held by a Slurm job on another host, is taken over: only when Slurm says that the job has ended, or answers and does not
# know it any more. squeue and scontrol are stand-ins that print what the real ones do.
set -euo pipefail
source=$1 build=$2
# shellcheck source=tests/slurm/expect.sh
source "$source/tests/slurm/expect.sh"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin"
cat >"$scratch/s.toml" <<'TOML'
name = "s"
seeds = [1]
[data]
dataset = "quadratic(steps = 2)"
[model]
name = "none"
[train]
nodes = 2
epochs = 1
lr = 0.1
[[variant]]
name = "ring"
baseline = true
TOML
id=$("$build/xibench" plan "$scratch/s.toml" --json | sed -n 's/^      "id": "\(.*\)",$/\1/p')

as_job=() # what Slurm sets for a job
# lease taken|left JOB CLUSTER SQUEUE-SCRIPT
lease() {
  rm -rf "$scratch/out"
  mkdir -p "$scratch/out/s"
  printf 'host elsewhere\npid 1\nstarted 1\njob %s\ncluster %s\nrestarts 0\ntoken t\n' "$2" "$3" >"$scratch/out/s/$id.lease"
  printf '#!/bin/sh\n%s\n' "$4" >"$scratch/bin/squeue"
  printf '#!/bin/sh\necho "ClusterName             = here"\n' >"$scratch/bin/scontrol"
  chmod +x "$scratch"/bin/*
  env -u SLURM_JOB_ID "${as_job[@]}" PATH="$scratch/bin:$PATH" "$build/xibench" run "$scratch/s.toml" --out "$scratch/out" --progress none 2>"$scratch/said" || true
  local how=left
  if [ -e "$scratch/out/s/$id.h5" ]; then how=taken; fi
  [ $how = "$1" ] || die "expected $1, was $how: job $2 of cluster $3, squeue: $4; $(cat "$scratch/said")"
}

lease left 5 here 'echo "job 5 RUNNING"'
lease left 5 here 'echo "job 5 PENDING"'   # requeued
lease left 5 here 'echo "job 5 NODE_FAIL"' # its processes may still write
lease taken 5 here 'echo "job 5 COMPLETED"'
lease taken 5_3 here 'echo "job 5_3 TIMEOUT"'
lease taken 5 here 'echo "job 5 PREEMPTED"'
lease left 5_3 here 'echo "job 5_31 TIMEOUT"; echo "job 5_3 RUNNING"'
lease taken 5_3 here 'exit 0'                                                       # a forgotten task of an array that is still known
lease taken 5 here 'echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1' # a forgotten job
lease left 5 here 'echo "slurm_load_jobs error: Unable to contact slurm controller" >&2; exit 1'
lease left 5 there 'echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1' # another cluster's
lease left 5 - 'exit 0'                                                             # of an unknown cluster

# What a user or a job has set for Slurm's commands does not change the answer; which Slurm is meant does.
as_job=(SQUEUE_STATES=RUNNING SQUEUE_FORMAT=%A SLURM_TIME_FORMAT=relative SLURM_JOB_USER=me SLURM_CONF=/kept SLURM_CLUSTERS=kept)
# shellcheck disable=SC2016  # for the other shell
plain='[ -z "$(env | grep -E "^S(QUEUE|LURM)_" | grep -Ev "^SLURM_(CONF|CLUSTERS)=")" ] && [ "$SLURM_CONF$SLURM_CLUSTERS" = /keptkept ]'
lease taken 5 here "$plain && echo 'job 5 COMPLETED'"
rm "$scratch/out/s/$id.h5"
printf '#!/bin/sh\n%s && touch %s/plain\n' "$plain" "$scratch" >"$scratch/bin/squeue"
env "${as_job[@]}" PATH="$scratch/bin:$PATH" "$build/xibench" status "$scratch/s.toml" --out "$scratch/out" >/dev/null 2>&1
[ -e "$scratch/plain" ] || die "status asks squeue with the user's SQUEUE_ variables"
as_job=()

# A squeue that hangs is ended, with what it has started, and named. The time is cut short here.
printf '#!/bin/sh\nshift 2\nexec /usr/bin/timeout --kill-after=1 1 "$@"\n' >"$scratch/bin/timeout"
lease left 5 here 'trap "" TERM; sleep 600; sleep 600'
grep -q 'squeue did not answer within 20 s and was killed' "$scratch/said" || die "who hangs is not named: $(cat "$scratch/said")"
rm "$scratch/bin/timeout"

# Of many leases, a Slurm that does not answer is asked about one, and its name is asked for once.
rm -rf "$scratch/out"
mkdir -p "$scratch/out/s"
sed -i 's/^seeds = .*/seeds = [1, 2, 3]/' "$scratch/s.toml"
for each in $("$build/xibench" plan "$scratch/s.toml" --json | sed -n 's/^      "id": "\(.*\)",$/\1/p'); do
  printf 'host elsewhere\npid 1\nstarted 1\njob 5\ncluster here\nrestarts 0\ntoken t\n' >"$scratch/out/s/$each.lease"
done
# asked WHAT SQUEUE-SCRIPT SCONTROL-SCRIPT: which of the two were called, in order
asked() {
  printf '#!/bin/sh\necho squeue >>%s/calls\n%s\n' "$scratch" "$2" >"$scratch/bin/squeue"
  printf '#!/bin/sh\necho scontrol >>%s/calls\n%s\n' "$scratch" "$3" >"$scratch/bin/scontrol"
  rm -f "$scratch/calls"
  env -u SLURM_JOB_ID PATH="$scratch/bin:$PATH" "$build/xibench" run "$scratch/s.toml" --out "$scratch/out" --progress none 2>"$scratch/said" || true
  [ "$(tr '\n' ' ' <"$scratch/calls")" = "$1" ] || die "expected to ask $1, asked $(tr '\n' ' ' <"$scratch/calls"): $(cat "$scratch/said")"
}
asked 'scontrol ' 'exit 1' 'exit 1'
asked 'scontrol squeue ' 'exit 1' 'echo "ClusterName = here"'
asked 'scontrol squeue squeue squeue ' 'echo "job 5 RUNNING"' 'echo "ClusterName = here"'
sed -i 's/^seeds = .*/seeds = [1]/' "$scratch/s.toml"

# Seen from a job itself: only the same job of the same cluster can have been requeued.
as_job=(SLURM_JOB_ID=5 SLURM_CLUSTER_NAME=here SLURM_RESTART_COUNT=1)
lease taken 5 here 'echo "job 5 RUNNING"'
lease left 5 there 'echo "job 5 RUNNING"'
