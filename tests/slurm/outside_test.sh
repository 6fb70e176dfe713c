#!/usr/bin/env bash
# What comes to submit and its jobs from outside: numbers, the shell's and the profile's environment, code of a site, a Slurm that greets, fails in the
# middle or stays silent. With stand-ins for sbatch and the like; no Slurm is needed.
# shellcheck disable=SC2016  # for the other shell
set -euo pipefail
source=$1 build=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# shellcheck source=tests/slurm/expect.sh
source "$source/tests/slurm/expect.sh"

cat >"$scratch/site.sh" <<SITE
partition=somewhere program=$build/xibench interpreter=/usr/bin/python3 cpus_per_task=1
sbatch_options=(--qos=long --exclusive)
SITE
small_sweep '1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12'
"$build/xibench" plan "$scratch/s.toml" --json >"$scratch/plan.json"
"$build/xibench" status "$scratch/s.toml" --out "$scratch/out" --no-queue --json >"$scratch/status.json" 2>/dev/null # nothing has run
: >"$scratch/run.json" # run --check has nothing to say
# submit asks for plan and status a hundred times here: they do not change.
printf '#!/bin/sh\ncat %q/"$1".json\n' "$scratch" >"$scratch/xibench"
chmod +x "$scratch/xibench"
python_without_reports
cat >"$scratch/quick.sh" <<SITE
source $scratch/site.sh
program=$scratch/xibench interpreter=$scratch/python
SITE
{ cat "$scratch/site.sh" && echo 'sbatch_options=(--mem=1000M)'; } >"$scratch/memory.sh"
mkdir "$scratch/bin"
stand_in sbatch "printf '%s ' \"\$@\" >>'$scratch/calls'; echo >>'$scratch/calls'; env >'$scratch/environment'; echo 7"
stand_in squeue ':'
stand_in scancel "echo \"\$@\" >>'$scratch/cancelled'"
stand_in scontrol 'echo "MaxArraySize            = ${MAX_ARRAY:-1001}"'
stand_in sinfo 'echo "somewhere* ${PARTITION_LIMIT:-infinite}"'
stand_in sleep ':'
export PATH=$scratch/bin:$PATH

# submit [ARGUMENT...]: its stdout; what it says is in $scratch/said, its status in $status; what sbatch got in $scratch/calls.
submit() {
  : >"$scratch/calls"
  status=0
  "$source/slurm/submit" "$scratch/s.toml" --site "${site:-$scratch/quick.sh}" --out "$scratch/out" "$@" >"$scratch/jobs" 2>"$scratch/said" || status=$?
}
# refused TEXT [ARGUMENT...]: in one line, with exit status 2, and nothing was submitted.
refused() {
  submit "${@:2}"
  [ $status = 2 ] || die "exit status $status for ${*:2}: $(cat "$scratch/said")"
  expect "$(cat "$scratch/said")" "$1"
  [ "$(wc -l <"$scratch/said")" = 1 ] || die "not one line: $(cat "$scratch/said")"
  [ ! -s "$scratch/calls" ] || die "submitted all the same: $(cat "$scratch/calls")"
}

# Numbers are decimal.
submit --pack 08 --limit 010
expect "$(cat "$scratch/calls")" '--array=0-1%10 .* 0-11 0 8 *$'
for wrong in --pack=00 --pack=-1 --pack=1e3 --pack=4097 --limit=x --nodes=1.5 --ranks-per-node=0; do
  refused "${wrong%=*}: " "${wrong%=*}" "${wrong#*=}"
done
for wrong in nan inf -1 0 ten; do refused 'seconds-per-step' --seconds-per-step "$wrong"; done
refused "not a time limit in Slurm's notation" --time soon
MAX_ARRAY=0 refused 'MaxArraySize = 0'
MAX_ARRAY=many refused "MaxArraySize of scontrol show config: 'many'"

# A limit is one of the sweep: the arrays of a stage follow each other.
MAX_ARRAY=5 submit --limit 2
expect "$(sed -n 2p "$scratch/calls")" '--dependency=afterany:7 --job-name=xb-s .*%2'
MAX_ARRAY=5 submit
never "$(sed -n 2p "$scratch/calls")" '--dependency'

# The collecting job has options of its own, and no more minutes than its partition.
submit
never "$(tail -n 1 "$scratch/calls")" 'qos\|exclusive'
expect "$(tail -n 1 "$scratch/calls")" '--partition=somewhere .*--time=30 '
PARTITION_LIMIT=0:10:00 submit --collect-only
[ "$(wc -l <"$scratch/calls")" = 1 ] || die "submits more than the collecting job: $(cat "$scratch/calls")"
expect "$(cat "$scratch/calls")" '--time=10 .*collect.sbatch'
{ cat "$scratch/quick.sh" && echo 'collect_options=(--qos=short) collect_minutes=7'; } >"$scratch/collect.sh"
site=$scratch/collect.sh submit
expect "$(tail -n 1 "$scratch/calls")" '--qos=short .*--time=7 '

# sbatch greets: the id is the last line that is one.
stand_in sbatch "printf '%s ' \"\$@\" >>'$scratch/calls'; echo >>'$scratch/calls'; echo 'Welcome to cluster 3'; echo '8;blue'; echo 'See you'"
submit
expect "$(cat "$scratch/calls")" '--dependency=afterany:8 '
stand_in sbatch 'echo Welcome'
submit
[ $status = 1 ] || die "exit status $status where sbatch prints no id"
expect "$(cat "$scratch/said")" 'it printed no job id: Welcome'

# sbatch fails in the middle: again where the controller was not reached; else what was submitted is cancelled.
failing="n=\$(cat '$scratch/count'); echo \$((n + 1)) >'$scratch/count'"
stand_in sbatch "$failing; if [ \$n = 1 ]; then echo 'sbatch: error: Batch job submission failed: Socket timed out on send/recv operation' >&2; exit 1; fi; echo 1\$n"
echo 0 >"$scratch/count"
MAX_ARRAY=5 submit
[ $status = 0 ] || die "does not try again: $(cat "$scratch/said")"
expect "$(tail -n 1 "$scratch/jobs")" '^14 table and report'
stand_in sbatch "$failing; if [ \$n = 2 ]; then echo 'sbatch: error: Batch job submission failed: Invalid qos specification' >&2; exit 1; fi; echo 1\$n"
echo 0 >"$scratch/count"
MAX_ARRAY=5 submit
[ $status = 1 ] || die "exit status $status"
expect "$(cat "$scratch/said")" 'Invalid qos specification'
expect "$(cat "$scratch/said")" 'cancelled the jobs submitted before (10 11)'
expect "$(cat "$scratch/cancelled")" '^10 11$'
stand_in scancel 'exit 1'
echo 0 >"$scratch/count"
MAX_ARRAY=5 submit
expect "$(cat "$scratch/said")" 'scancel gives no answer, so these jobs are still queued: 10 11'
stand_in squeue 'exit 1'
submit
[ $status = 1 ] || die "submits though nobody knows what is queued: $status"
expect "$(cat "$scratch/said")" 'squeue gives no answer'
stand_in squeue 'exec /bin/sleep 1000' # hangs
stand_in timeout 'shift; exec /usr/bin/timeout 0.2 "$@"'
submit
expect "$(cat "$scratch/said")" 'squeue gives no answer'
rm "$scratch/bin/timeout"
stand_in squeue ':'
stand_in sbatch "printf '%s ' \"\$@\" >>'$scratch/calls'; echo >>'$scratch/calls'; env >'$scratch/environment'; echo 7"

# What would be in the way of the runs is said before hours in the queue.
sed 's/dim = 10,/dim = 100000000,/' "$scratch/s.toml" >"$scratch/large.toml"
large() { # [ARGUMENT ...]
  status=0
  "$source/slurm/submit" "$scratch/large.toml" --site "$scratch/memory.sh" --out "$scratch/out" "$@" >/dev/null 2>"$scratch/said" || status=$?
  [ $status = 2 ] || die "submitted: $*"
  expect "$(cat "$scratch/said")" "--memory-per-node is ${has:-1.05 GB}"
}
large
expect "$(cat "$scratch/said")" "node here: --mem in sbatch_options of $scratch/memory.sh"
large --nodes 1 --ranks-per-node 5
expect "$(cat "$scratch/said")" 'large.toml:8: train.nodes: 4 nodes cannot be spread over 5 ranks'
large --nodes 1 -- --retries -1
expect "$(cat "$scratch/said")" '--retries: -1'
for words in --mem-per-cpu=250M '--mem-per-cpu 250'; do # four processors
  { cat "$scratch/site.sh" && echo "cpus_per_task=2 sbatch_options=($words)"; } >"$scratch/memory.sh"
  large --nodes 1 --ranks-per-node 2
  expect "$(cat "$scratch/said")" 'node here: --mem-per-cpu in sbatch_options of .*, times 4 processors'
done
{ cat "$scratch/site.sh" && echo 'sbatch_options=(--mem 1K)'; } >"$scratch/memory.sh"
has='1.02 kB' large
{ cat "$scratch/site.sh" && echo 'sbatch_options=()'; } >"$scratch/memory.sh"
stand_in sinfo 'case "$*" in *%m*) echo 1000 ;; *) echo "somewhere* infinite" ;; esac'
large
expect "$(cat "$scratch/said")" 'node here: the most that a node has'
stand_in sinfo 'echo "somewhere* ${PARTITION_LIMIT:-infinite}"'

# Inside a job (salloc): its variables are options to sbatch, and not ours.
SLURM_JOB_ID=3 SLURM_MEM_PER_CPU=100 SBATCH_EXCLUSIVE=1 SRUN_CPUS_PER_TASK=9 SALLOC_X=1 SQUEUE_USERS=x SLURM_CONF=/c SLURM_CLUSTERS=blue submit
[ $status = 0 ] || die "not submitted from inside a job: $(cat "$scratch/said")"
[ "$(grep -E '^(SLURM|SBATCH|SRUN|SALLOC|SQUEUE)_' "$scratch/environment" | sort | tr '\n' ' ')" = 'SLURM_CLUSTERS=blue SLURM_CONF=/c ' ] ||
  die "sbatch inherits $(grep -E '^(SLURM|SBATCH|SRUN|SALLOC|SQUEUE)_' "$scratch/environment")"
SBATCH_ACCOUNT=me submit
expect "$(cat "$scratch/said")" 'SBATCH_ACCOUNT of this shell is not used'

# Paths.
: >"$scratch/file"
refused "$scratch/file is not a directory that you may write to" --out "$scratch/file/results"
CDPATH=/usr/share submit --dry-run
[ $status = 0 ] || die "CDPATH breaks submit: $(cat "$scratch/said")"

# with LINE [...]: a site of these lines too.
with() {
  { cat "$scratch/quick.sh" && printf '%s\n' "$@"; } >"$scratch/other.sh"
  site=$scratch/other.sh
}
with partitoin=x && refused "'partitoin' is not a setting; did you mean partition?"
with 'partition=x cpus_per_tsk=4' && refused "'cpus_per_tsk' is not a setting; did you mean cpus_per_task?"
with '_mine=1 MINE=2 sbatch_options+=(--a=b)' 'site_environment() {' '  local other=1' '}' && submit
[ $status = 0 ] || die "refuses names that are fine: $(cat "$scratch/said")"
with cpus_per_task=many && refused "cpus_per_task: 'many' is not a whole number"
with launcher=mpiexec && refused "launcher is 'mpiexec'"
with 'modules=(gcc)' && refused "no command 'module' here"
with 'module() { return 3; }' 'modules=(gcc)' && refused "'module load gcc' failed with status 3"
with 'module() { echo "$UNSET_BY_LMOD" >/dev/null; false; true; }' 'modules=(gcc)' 'site_environment() { false; : "$UNSET_BY_CONDA"; cd /; }' && submit
[ $status = 0 ] || die "code of the site does not run under its own rules: $(cat "$scratch/said")"
expect "$(cat "$scratch/calls")" "--chdir=$PWD "
with 'site_environment() { return 4; }' && refused 'site_environment ends with status 4'
with 'false' && refused 'ends with status 1: its last command failed'
with 'if' && refused 'is not valid shell code: '
with program=/nowhere/xibench && refused 'program /nowhere/xibench is not there'
printf '#!/bin/sh\n[ "$1" != run ] || exit 75\nexec %q "$@"\n' "$scratch/xibench" >"$scratch/mute" && chmod +x "$scratch/mute"
with program="$scratch/mute" && submit
[ $status = 2 ] || die "submitted though run --check fails"
expect "$(cat "$scratch/said")" 'mute run --check fails and does not say why'
with interpreter=/nowhere/python3 && refused 'interpreter /nowhere/python3 is not there'
with container=/nowhere.sif && refused 'no apptainer here'
stand_in apptainer ':'
with container=/nowhere.sif && refused 'container /nowhere.sif is not there'
with 'site_environment() { export XIBENCH_TRAIN__LR=0.5; }' && refused 'XIBENCH_TRAIN__LR would change the experiment'
printf '\xef\xbb\xbf%s\n' "$(cat "$scratch/quick.sh")" >"$scratch/other.sh" && refused 'byte-order mark'
sed 's/$/\r/' "$scratch/quick.sh" >"$scratch/other.sh" && refused 'end in CR LF'
site=$scratch refused 'cannot be read as a file'
unset site

# The cluster for tests.
for wrong in NODES=0 NODES=x CPUS=1e3 GPUS=65 PORT=80 MAX_ARRAY=1 MIN_JOB_AGE=-1 STATE=here 'STATE=/tmp/my place'; do
  said=$(env "XB_SLURM_$wrong" "$source/slurm/local/cluster.sh" start 2>&1 || echo "status $?")
  expect "$said" "cluster.sh: XB_SLURM_${wrong%=*}"
  expect "$said" 'status 2$'
done
for command in env status logs start-node 'stop-node n1'; do
  # shellcheck disable=SC2086  # words
  said=$(XB_SLURM_STATE=/tmp/xibench-no-such-cluster "$source/slurm/local/cluster.sh" $command 2>&1 || echo "status $?")
  expect "$said" 'no cluster runs\|there are no logs\|unknown command'
  expect "$said" 'status 2$'
done

# The job: a hostile profile changes nothing, and a plan that is no longer the submitted one is not run.
submit
ids=$(ls "$scratch"/out/s/logs/submitted-*-runs)
[ "$(wc -l <"$ids")" = 12 ] || die "the list of runs is not that of the plan"
stand_in srun 'while [ "${1#-}" != "$1" ]; do shift; done; exec "$@"'
# job [NAME=VALUE ...]: array task 0 of runs 0 and 1, and its status.
job() {
  env "$@" SLURM_ARRAY_TASK_ID=0 SLURM_ARRAY_JOB_ID=7 SLURM_JOB_NODELIST=here bash "$source/slurm/sweep.sbatch" "$source" "$scratch/site.sh" \
    "${spec:-$scratch/s.toml}" "$scratch/done" "$scratch/done/s/logs" "$ids" 0-1 0 2 2>&1 || echo "status $?"
}
said=$(job XIBENCH_TRAIN__LR=0.5 XIBENCH_SEEDS='[9]' OMP_NUM_THREADS=7 MKL_CBWR=COMPATIBLE NCCL_DEBUG=INFO)
expect "$said" 'cleared, .*XIBENCH_SEEDS XIBENCH_TRAIN__LR'
expect "$said" 'MKL_CBWR'
expect "$said" 'are kept: NCCL_DEBUG'
never "$said" 'status [1-9]$'
[ "$(cd "$scratch/done/s" && ls ./*.h5)" = "$(head -n 2 "$ids" | sed 's/.* \(.*\)/.\/\1.h5/' | sort)" ] || die "other runs were done: $(ls "$scratch/done/s")"
sed 's/lr = 0.1/lr = 0.5/' "$scratch/s.toml" >"$scratch/other.toml"
said=$(spec=$scratch/other.toml job)
expect "$said" 'was submitted, and .*other.toml gives other runs here'
expect "$said" 'status 2$'
said=$(bash "$source/slurm/collect.sbatch" "$source" "$scratch/site.sh" "$scratch/other.toml" "$scratch/done" s "$ids" 2>&1 || echo "status $?")
expect "$said" 'gives other runs here'
expect "$said" 'status 2$'
