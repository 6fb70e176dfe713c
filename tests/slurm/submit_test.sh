#!/usr/bin/env bash
# What submit says and would submit, on any machine: no Slurm is needed for --dry-run. And the scripts are clean.
set -euo pipefail
source=$1 build=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
die() {
  echo "FAILED: $*"
  exit 1
}

cat >"$scratch/site.sh" <<SITE
partition=somewhere account=someone time_limit=03:00:00 cpus_per_task=6 gpus_per_node=4
sbatch_options=(--qos=long) program=$build/xibench interpreter=/usr/bin/python3
SITE
cat >"$scratch/s.toml" <<'TOML'
name = "s"
seeds = [1, 2]
[data]
dataset = "synthetic(classes = 4, size = 8, samples = 1024)"
[model]
name = "logistic"
[train]
nodes = 4
epochs = 2
batch_size = 16
lr = 0.1
schedule = "steps(1)"
[[variant]]
name = "centralized"
baseline = true
train.algorithm = "centralized"
[[variant]]
name = "half"
control.policy = ["fraction(0.5)", "exact"]
TOML
dry() { env -u SLURM_CONF "$source/slurm/submit" "$scratch/s.toml" --site "$scratch/site.sh" --out "$scratch/out" --dry-run "$@" 2>"$scratch/said"; }
expect() { grep -qe "$2" <<<"$1" || die "expected '$2' in: $1"; }

all=$(dry)
expect "$all" '^sbatch --parsable --export=NONE .*--qos=long --partition=somewhere --account=someone --time=03:00:00 --cpus-per-task=6 .*--array=0-3 .*sweep.sbatch'
expect "$all" '^sbatch .*--dependency=afterany:1 .*--array=4-5 .*sweep.sbatch'
expect "$all" '^sbatch .*--dependency=afterany:1:2 .*collect.sbatch'
expect "$all" 'signal=B:USR1@120' # the script itself is shown
expect "$(cat "$scratch/said")" '6 of 6 runs to do: 192 steps, 12288 samples'
expect "$(dry --seconds-per-step 60 >/dev/null && cat "$scratch/said")" 'time, as given'
expect "$(dry --nodes 2 --ranks-per-node 4)" '--nodes=2 --ntasks-per-node=4 --gpus-per-node=4 .*run.sbatch'
expect "$(dry --pack 4 --limit 2 --time 5 --where variant=half -- --retries 1)" '--time=5 .*--array=1%2 .*s.toml .* 2 5 0 4 --retries 1'
expect "$(dry --set train.epochs=4)" 'sweep.sbatch .*--set train.epochs=4'
[ ! -e "$scratch/out" ] || die "a dry run has written something"

refused() { # TEXT ARGUMENTS...
  local -r text=$1
  shift
  local status=0
  "$source/slurm/submit" "$@" >/dev/null 2>"$scratch/said" || status=$?
  [ $status = 2 ] || die "exit status $status for: $*"
  expect "$(cat "$scratch/said")" "$text"
}
refused 'which sweep' --dry-run
refused "unknown option '--partition'" "$scratch/s.toml" --partition x
refused 'needs a value' "$scratch/s.toml" --out
refused 'cp slurm/site.example.sh' "$scratch/s.toml" --site "$scratch/none.sh"
refused 'is not there' "$scratch/none.toml" --site "$scratch/site.sh"
refused 'leave out --nodes or --pack' "$scratch/s.toml" --site "$scratch/site.sh" --nodes 2 --pack 2
refused 'is not a number' "$scratch/s.toml" --site "$scratch/site.sh" --pack many
refused 'train.epochz' "$scratch/s.toml" --site "$scratch/site.sh" --dry-run --set train.epochz=4

# Names of a site are in its file only.
if grep -nE '^#SBATCH.*(partition|account|qos|constraint|mail)' "$source"/slurm/*.sbatch; then die "a script names a site's partition or account"; fi
if command -v shellcheck >/dev/null; then
  (cd "$source" && shellcheck -x slurm/submit slurm/*.sbatch slurm/*.sh slurm/local/*.sh tests/slurm/*.sh)
else
  echo "not tested: shellcheck is not here"
fi
