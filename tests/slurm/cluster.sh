# Sourced by the tests that need a real Slurm: starts one on this machine, in a directory of its own, and ends it with the test.
# Expects $source and $build. Leaves: $scratch, $site, and functions.
# shellcheck shell=bash
# shellcheck disable=SC2154  # source and build are set by the test

for need in slurmctld slurmd munged sbatch; do
  if ! command -v $need >/dev/null; then
    echo "skipped: there is no $need here (Debian: slurm-wlm, munge)"
    exit 77
  fi
done
if [ "$(id -u)" != 0 ]; then
  echo "skipped: a Slurm of several nodes on one machine has to be started by root"
  exit 77
fi

xibench=$build/xibench
scratch=$(mktemp -d /tmp/xbs.XXXXXX) # short: it holds a socket
chmod 755 "$scratch"                 # munged wants it so
export XB_SLURM_STATE=$scratch/slurm XB_SLURM_MAX_ARRAY=3 XB_SLURM_NODES=3 SLURM_CONF=$scratch/slurm/etc/slurm.conf

finish() {
  local -r status=$?
  trap - EXIT
  if [ $status != 0 ]; then
    squeue --states=all || true
    scontrol show nodes | grep -E 'NodeName|State|Reason' || true
    tail -n 40 "$scratch"/*/*/logs/*.log "$scratch"/slurm/log/*.log || true
  fi
  "$source/slurm/local/cluster.sh" stop || true
  rm -rf "$scratch"
  exit $status
}
trap finish EXIT
trap 'exit 1' INT TERM
"$source/slurm/local/cluster.sh" start 2>"$scratch/started" || { cat "$scratch/started" && exit 1; }

# shellcheck source=tests/slurm/expect.sh
source "$source/tests/slurm/expect.sh"
python_without_reports # unless a test takes the site with_reports
site=$scratch/site.sh with_reports=$scratch/with_reports.sh
cat >"$site" <<SITE
time_limit=10 cpus_per_task=1 program=$xibench interpreter=$scratch/python
sbatch_options=(--mem=600M \${EXTRA_SBATCH_OPTIONS:-})
mpirun_options=(--bind-to none)
site_environment() { export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1; }
SITE
printf 'source %q\ninterpreter=/usr/bin/python3\n' "$site" >"$with_reports"

say() { echo "== $SECONDS s: $*"; }

listed() { timeout 60 squeue --noheader --format %i; } # a squeue that gives no answer is no empty queue
nothing_is_queued() {
  local jobs
  jobs=$(listed) && [ -z "$jobs" ]
}

# wait_until COMMAND...: for at most a quarter of an hour, however loaded the machine is, and only while there is a job that could make it true.
wait_until() {
  local -r end=$((SECONDS + 900))
  until "$@"; do
    if nothing_is_queued && ! "$@"; then die "nothing is queued any more, and it has not come to: $*"; fi
    [ $SECONDS -lt $end ] || die "given up after 900 s of waiting for: $*"
    sleep 0.5
  done
}

# A requeued job waits two minutes; the tests do not. But three seconds: begun in the same second a job is dropped ("already killed, do not
# launch": slurmd takes the new credential for the revoked one), and that is why Slurm waits.
declare -A seen_waiting
hurry() {
  local waiting
  for waiting in $(squeue --noheader --array --states=PENDING --format '%i %r' | sed -n 's/ BeginTime$//p'); do
    if [ $((SECONDS - ${seen_waiting[$waiting]:=$SECONDS})) -lt 3 ]; then continue; fi
    unset "seen_waiting[$waiting]"
    scontrol update JobId="$waiting" StartTime=now || true # it may have begun
  done
}
queue_is_empty() {
  hurry
  nothing_is_queued
}

at_work() { "$xibench" status "$1" --out "$2" --json 2>/dev/null | grep -Eq '"step": [1-9]'; } # SPEC OUT: some run has done steps
logs_say() { grep -qs "$3" "$2/$1"/logs/*; }                                                # NAME OUT TEXT

# same_science SPEC NAME OUT PLAIN: every planned run is complete in OUT, and equal to that in PLAIN.
same_science() {
  local id ids
  ids=$("$xibench" plan "$1" --json | sed -n 's/^      "id": "\(.*\)",$/\1/p')
  [ -n "$ids" ] || die "no runs in $1"
  for id in $ids; do
    [ -e "$3/$2/$id.h5" ] || die "run $id is not complete in $3"
    [ "$("$xibench" show --science-digest "$3/$2/$id.h5")" = "$("$xibench" show --science-digest "$4/$2/$id.h5")" ] || die "run $id differs from the plain one"
  done
}

# Quadratics, as every process that trains a network loads LibTorch for a second.
# spec NAME EPOCHS: a sweep whose second stage needs the first: two seeds of "half" refer to a run of plain gossip. 16 steps an epoch, 0.2 ms each.
spec() {
  cat >"$scratch/$1.toml" <<TOML
name = "$1"
seeds = [1, 2]
[data]
dataset = "quadratic(dim = 256, zeta = 2, sigma = 1, steps = 16)"
[model]
name = "none"
[train]
nodes = 4
epochs = $2
batch_size = 1
lr = 0.1
schedule = "steps($(($2 / 2)))"
[evaluation]
every = "$(($2 / 2)) epoch"
[topology]
name = "ring"
[[variant]]
name = "centralized"
baseline = true
train.algorithm = "centralized"
[[variant]]
name = "half"
control.policy = ["fraction(0.5)", "exact"]
TOML
}

# long_run NAME EPOCHS: a sweep of one run; 2,000 epochs take some five seconds.
long_run() {
  cat >"$scratch/$1.toml" <<TOML
name = "$1"
seeds = [1]
[data]
dataset = "quadratic(dim = 2000, zeta = 2, sigma = 1, steps = 16)"
[model]
name = "none"
[train]
nodes = 4
epochs = $2
batch_size = 1
lr = 0.1
[evaluation]
every = "1000 epoch"
[topology]
name = "ring"
[[variant]]
name = "ring"
baseline = true
TOML
}
