#!/usr/bin/env bash
# What submit says and would submit, on any machine: no Slurm is needed for --dry-run. And the scripts are clean.
set -euo pipefail
source=$1 build=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# shellcheck source=tests/slurm/expect.sh
source "$source/tests/slurm/expect.sh"

python_without_reports
cat >"$scratch/site.sh" <<SITE
partition=somewhere account=someone time_limit=03:00:00 cpus_per_task=6 gpus_per_node=4
sbatch_options=(--qos=long) program=$build/xibench interpreter=$scratch/python
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

all=$(dry)
expect "$all" '^sbatch --parsable --export=NONE .*--qos=long --partition=somewhere --account=someone --time=03:00:00 --cpus-per-task=6 .*--array=0-3 .*sweep.sbatch'
expect "$all" '^sbatch .*--dependency=afterany:1 .*--array=4-5 .*sweep.sbatch'
expect "$all" '^sbatch .*--dependency=afterany:1:2 .*collect.sbatch'
expect "$all" 'signal=B:USR1@120' # the script itself is shown
expect "$(cat "$scratch/said")" '6 of 6 runs to do: 192 steps, 12288 samples'
expect "$(dry --seconds-per-step 60 >/dev/null && cat "$scratch/said")" 'time, as given'
expect "$(dry --nodes 2 --ranks-per-node 2)" '--nodes=2 --ntasks-per-node=2 .*run.sbatch' # on GPUs: gpu_test.sh
packed=$(dry --pack 4 --limit 2 --time 5 --where variant=half --where seed=2 -- --retries 1)
expect "$packed" '--time=5 .*--array=1%2 .*s.toml .*-runs 5 0 4 --retries 1'
expect "$packed" '--array=0%2 .*s.toml .*-runs 3 0 4 --retries 1' # what it needs, and of the pack nothing else
expect "$(cat "$scratch/said")" '1 more than asked for'
# Runs of one size are one array, which asks for what they need, unless the site's file says it.
cat >"$scratch/sizes.toml" <<'TOML'
name = "s"
[data]
dataset = "quadratic(dim = 1000)"
[model]
name = "none"
[train]
batch_size = 1
epochs = 1
[sweep]
"data.dataset" = ["quadratic(dim = 1000)", "quadratic(dim = 20000000)"]
"train.lr" = [0.1, 0.2]
TOML
sized() { "$source/slurm/submit" "$scratch/sizes.toml" --site "$1" --out "$scratch/out" --dry-run 2>&1; }
said=$(sized "$scratch/site.sh")
expect "$said" '--mem=[0-9]\{3\}M .*--array=0-1 .*sweep.sbatch'
expect "$said" '--mem=[0-9]\{5\}M .*--array=2-3 .*sweep.sbatch'
sed 's/--qos=long/--mem=90G/' "$scratch/site.sh" >"$scratch/site-memory.sh"
said=$(sized "$scratch/site-memory.sh")
expect "$said" '--mem=90G .*--array=0-3 .*sweep.sbatch'
if grep -q 'mem=[0-9]*M' <<<"$said"; then die "asks for other memory than the site's file says"; fi
if dry --nodes 2 --ranks-per-node 2 | grep -q -e '--mem='; then die "asks for the memory of one node over several"; fi
expect "$(dry --set train.epochs=4)" 'sweep.sbatch .*--set train.epochs=4'
[ ! -e "$scratch/out" ] || die "a dry run has written something"

# Submitted with a stand-in for sbatch, which keeps its arguments, one a line; the jobs have a copy of the sweep file, and the directory that
# the names of graph files count from.
mkdir "$scratch/login" "$scratch/my place"
# shellcheck disable=SC2016  # for the other shell
printf '#!/bin/bash\nprintf "%%s\\n" "$@" >>%q\necho 7\n' "$scratch/sbatch-arguments" >"$scratch/login/sbatch"
printf '#!/bin/sh\n' | tee "$scratch/login/scontrol" >"$scratch/login/squeue"
chmod +x "$scratch/login"/*
submitted() { PATH="$scratch/login:$PATH" "$source/slurm/submit" "$@" --site "$scratch/site.sh"; }
cp "$scratch/s.toml" "$scratch/my place/my sweep.toml"
printf '[topology]\nname = "edges(my graph.txt)"\n' >>"$scratch/my place/my sweep.toml"
printf '0 1\n1 2\n2 3\n3 0\n' >"$scratch/my place/my graph.txt"
cp "$scratch/my place/my sweep.toml" "$scratch/as-submitted"
cd "$scratch/my place"
submitted 'my sweep.toml' --out 'my results' --set train.lr=0.2 >/dev/null 2>"$scratch/said" || die "not submitted: $(cat "$scratch/said")"
echo 'seeds = [3]' >'my sweep.toml'
mapfile -t copies < <(grep '\.toml$' "$scratch/sbatch-arguments")
[ ${#copies[@]} = 3 ] || die "two arrays and a collecting job were to get the sweep file: ${copies[*]}"
for copy in "${copies[@]}"; do cmp "$copy" "$scratch/as-submitted" || die "the jobs' sweep file is not that which was submitted"; done
[ "$(grep -cxF -e "--chdir=$scratch/my place" "$scratch/sbatch-arguments")" = 3 ] || die "jobs do not start where the graph file is"
"$build/xibench" plan "${copies[0]}" >/dev/null 2>&1 || die "the copy cannot be planned"
cp "$scratch/as-submitted" 'my sweep.toml'

# What submit prints at the end works when it is pasted.
watch=$(sed -n 's/^submit: watch it with: \(.*\) --watch; logs are in .*/\1/p' "$scratch/said")
echo 'seeds = [9]' >'my sweep.toml' # what is watched is what was submitted
eval "$watch --json" >"$scratch/status" || die "cannot be pasted into a shell: $watch"
cmp <(grep '"id":' "$scratch/status") <("$build/xibench" status "$scratch/as-submitted" --out 'my results' --set train.lr=0.2 --json | grep '"id":') || die "another plan: $watch"
cp "$scratch/as-submitted" 'my sweep.toml'

# Edited while submit reads it: what was planned is not what the jobs would get.
# shellcheck disable=SC2016  # for the other shell
printf '#!/bin/sh\nif [ "$1" = plan ]; then echo >>%q; fi\nexec %q "$@"\n' "$scratch/my place/my sweep.toml" "$build/xibench" >"$scratch/login/xibench"
chmod +x "$scratch/login/xibench"
{ cat "$scratch/site.sh" && echo program="$scratch/login/xibench"; } >"$scratch/editor.sh"
if "$source/slurm/submit" 'my sweep.toml' --site "$scratch/editor.sh" --dry-run >/dev/null 2>"$scratch/said"; then die "submits what it has not planned"; fi
expect "$(cat "$scratch/said")" 'was changed while submit read it: submit again'

# While jobs are queued, the same sweep may be submitted into another directory, but into the same one only after them.
sed -n 's/^--comment=/:7 /p' "$scratch/sbatch-arguments" | sort -u >"$scratch/queue"
printf '#!/bin/sh\ncat %q\n' "$scratch/queue" >"$scratch/login/squeue"
if submitted 'my sweep.toml' --out 'my results' 2>"$scratch/said"; then die "submitted twice"; fi
expect "$(cat "$scratch/said")" 'my results are still queued or running (jobs  7)'
: >"$scratch/sbatch-arguments"
submitted "$scratch/s.toml" --out "$scratch/elsewhere" --again >/dev/null 2>&1 || die "other jobs keep a sweep from being submitted"
if grep -q -e '--dependency=afterany:7:7:7' "$scratch/sbatch-arguments"; then die "depends on jobs of another directory"; fi
: >"$scratch/sbatch-arguments"
submitted 'my sweep.toml' --out 'my results' --again >/dev/null 2>&1 || die "not submitted again"
grep -qx -e --dependency=afterany:7:7:7 "$scratch/sbatch-arguments" || die "does not wait for the jobs of its directory"
cd - >/dev/null

# With a container, and a finished run to take the time from.
mkdir "$scratch/bin"
printf '#!/bin/sh\nshift 2\nexec "$@"\n' >"$scratch/bin/apptainer" # exec IMAGE COMMAND...
chmod +x "$scratch/bin/apptainer"
: >"$scratch/image.sif"
{ cat "$scratch/site.sh" && echo "container=$scratch/image.sif"; } >"$scratch/contained.sh"
"$build/xibench" run "$scratch/s.toml" --out "$scratch/some" --index 0 --progress none 2>/dev/null
PATH="$scratch/bin:$PATH" "$source/slurm/submit" "$scratch/s.toml" --site "$scratch/contained.sh" --out "$scratch/some" --dry-run >/dev/null 2>"$scratch/said"
expect "$(cat "$scratch/said")" 'time, from finished runs'

# A Python without the libraries of the report: said before the sweep, and no report is named that was not made.
# shellcheck disable=SC2016  # for the other shell
printf '#!/bin/sh\nexec /usr/bin/python3 -S "$@"\n' >"$scratch/bin/bare"
chmod +x "$scratch/bin/bare"
{ cat "$scratch/site.sh" && echo "interpreter=$scratch/bin/bare"; } >"$scratch/bare.sh"
"$source/slurm/submit" "$scratch/s.toml" --site "$scratch/bare.sh" --out "$scratch/some" --dry-run >/dev/null 2>"$scratch/said" || die "the sweep does not need them"
expect "$(cat "$scratch/said")" "there will be no report: .*h5py.*set interpreter in $scratch/bare.sh"
ids_of() { "$build/xibench" plan "$@" --json | sed -n 's/^      "id": "\(.*\)",$/\1/p' | nl -v 0 -w 1 -s ' '; }
ids_of "$scratch/s.toml" >"$scratch/ids"
collected=$(bash "$source/slurm/collect.sbatch" "$source" "$scratch/bare.sh" "$scratch/s.toml" "$scratch/some" s "$scratch/ids" 2>&1) && die "the collecting job succeeds without a report"
expect "$collected" 'runs that are not complete: 5; report: none was made'
{ cat "$scratch/site.sh" && echo "interpreter=/usr/bin/python3"; } >"$scratch/able.sh"
"$source/slurm/submit" "$scratch/s.toml" --site "$scratch/able.sh" --out "$scratch/some" --dry-run >/dev/null 2>"$scratch/said"
if grep -q 'no report' "$scratch/said"; then die "misses what is there"; fi

# What happens to a job when Slurm does not answer: job.sh, with a stand-in for scontrol that fails twice.
job_ends() { # job_ends STATUS-OF-THE-STEP: what the batch shell says and its exit status
  # shellcheck disable=SC2016  # for the other shell
  printf '#!/bin/sh\necho x >>%q\n[ "$(wc -l <%q)" -gt 2 ] || exit 1\n[ "$1" != show ] || echo JobState=RUNNING\n' "$scratch/calls" "$scratch/calls" >"$scratch/bin/scontrol"
  chmod +x "$scratch"/bin/*
  : >"$scratch/calls"
  (
    export PATH="$scratch/bin:$PATH" SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_JOB_ID=7 SLURM_JOB_NODELIST=here
    bash -c 'set -euo pipefail; source "$1"/slurm/job.sh; sleep() { :; }; patience=(0 0 0)
      read_arguments "$1" site spec out "$2" "$2/ids" 0-2,5 0 1; xibench=(false); status=$3; end_job' - "$source" "$scratch" "$1"
  ) 2>&1
  echo "status $?"
}
said=$(job_ends 75 || true)
expect "$said" 'this failed: scontrol'
expect "$said" 'the runs were interrupted; the job is requeued'
expect "$(job_ends 3 || true)" '^status 3$' # any other status is the job's own

# A signal while the environment is loaded: the step does not begin. One that the step dies of, before it can catch it: as if it had.
signalled() { # signalled SCRIPT: the status of the step
  SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_JOB_ID=7 SLURM_JOB_NODELIST=here bash -c 'set -euo pipefail; source "$1"/slurm/job.sh; job=7; '"$1"'; echo "step $status"' - "$source" 2>&1
}
said=$(signalled 'kill -USR1 $$; run_step echo begun')
expect "$said" '^step 75$'
if grep -qx begun <<<"$said"; then die "the step began after the signal"; fi
expect "$(signalled 'run_step bash -c "kill -USR1 $$; exec sleep 60"')" '^step 75$'
expect "$(signalled 'run_step bash -c "kill -USR1 \$\$"')" '^step 138$' # nobody asked for that
expect "$(signalled 'run_step bash -c "trap \"exit 7\" USR1; kill -USR1 $$; while :; do sleep 0.1; done"')" '^step 7$'

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
refused "--pack: 'many' is not a whole number" "$scratch/s.toml" --site "$scratch/site.sh" --pack many
export XIBENCH_TRAIN__EPOCHS=7
refused 'XIBENCH_TRAIN__EPOCHS is set in this shell' "$scratch/s.toml" --site "$scratch/site.sh" --dry-run
unset XIBENCH_TRAIN__EPOCHS
for option in --set=train.lr=1 --out=x --index=1 --id=x --where=seed=1 --stage=1 --all --jobs=2 --threads=2 --progress=plain --device=cuda; do
  refused "${option%%=*} after --: " "$scratch/s.toml" --site "$scratch/site.sh" --dry-run -- --retries 1 "$option"
  refused "${option%%=*} after --: " "$scratch/s.toml" --site "$scratch/site.sh" --dry-run -- "${option%%=*}" x
done
refused 'train.epochz' "$scratch/s.toml" --site "$scratch/site.sh" --dry-run --set train.epochz=4

# Names of a site are in its file only.
if grep -nE '^#SBATCH.*(partition|account|qos|constraint|mail)' "$source"/slurm/*.sbatch; then die "a script names a site's partition or account"; fi
if command -v shellcheck >/dev/null; then
  (cd "$source" && shellcheck -x slurm/submit slurm/*.sbatch slurm/*.sh slurm/local/*.sh slurm/sites/*.sh tests/slurm/*.sh)
else
  echo "not tested: shellcheck is not here"
fi
