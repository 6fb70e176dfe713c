#!/usr/bin/env bash
# A sweep on a real Slurm: submitted, its stages in order, its table at the end; packed; with a run that cannot succeed; one that is interrupted and
# requeued; one spread over nodes. All equal the same sweep without Slurm.
set -euo pipefail
source=$1 build=$2
export XB_SLURM_GPUS=0 # nodes without a generic resource
# shellcheck source=tests/slurm/cluster.sh
source "$source/tests/slurm/cluster.sh"
out=$scratch/out plain=$scratch/plain
submit=("$source/slurm/submit" --site "$site")
submit_with_report=("$source/slurm/submit" --site "$with_reports")

say "a sweep of two stages, in arrays of at most three tasks"
spec small 4
"$xibench" run "$scratch/small.toml" --out "$plain" --threads 1 --progress none
"${submit_with_report[@]}" "$scratch/small.toml" --out "$out" | tee "$scratch/jobs"
[ "$(grep -c stage "$scratch/jobs")" = 3 ] || die "six runs in two stages, chunks of three: expected three arrays"
wait_until queue_is_empty
same_science "$scratch/small.toml" small "$out" "$plain"
logs_say small "$out" '| half *|' || die "the collecting job shows no gap table"
diff <("$xibench" gap "$out/small" --sweep "$scratch/small.toml") "$out/small/gap.md" || die "gap.md is not the gap table"
[ -s "$out/small/report/index.html" ] || die "there is no report"
"${submit[@]}" "$scratch/small.toml" --out "$out" --dry-run >"$scratch/again" 2>"$scratch/cost"
grep -q '^0 of 6 runs to do' "$scratch/cost" || die "a complete sweep is to be done again: $(cat "$scratch/cost")"
if grep -q -- --array "$scratch/again"; then die "a complete sweep is submitted again"; fi

say "what cluster.sh start says to type, with the example of a site as it is but for program and interpreter, which are this build's; and a network in a job"
{ cat "$source/slurm/site.example.sh" && echo "program=$xibench interpreter=/usr/bin/python3"; } >"$scratch/example.sh"
next=$(sed -n 's/^  \(eval .*\)/\1/p' "$scratch/started")
read -r command sweep _ example _ < <(sed -n 's/^  \(.*\/submit .*\)/\1/p' "$scratch/started")
for file in "$command" "$sweep" "$example"; do [ -s "$file" ] || die "there is no $file: $(cat "$scratch/started")"; done
(
  unset SLURM_CONF
  eval "$next"
  "$command" "$scratch/small.toml" --site "$scratch/example.sh" --where variant=centralized --where seed=1 --out "$scratch/example" \
    --set 'data.dataset="synthetic(size = 8, samples = 1024)"' --set 'model.name="mlp(8)"' --set train.batch_size=16
)
wait_until queue_is_empty
compgen -G "$scratch/example/small/*.h5" >/dev/null || die "no run is complete"

say "packed, with blanks and a % in names, and with a sweep file that is edited while its jobs wait"
place="$scratch/my 50%x place"
mkdir "$place"
cp "$scratch/small.toml" "$place/my sweep.toml"
(cd "$place" && EXTRA_SBATCH_OPTIONS=--hold "${submit[@]}" 'my sweep.toml' --out 'my results' --pack 2 --set 'evaluation.every="2 epoch"') | tee "$scratch/jobs"
echo 'seeds = [7]' >"$place/my sweep.toml"
sed 's/ .*//' "$scratch/jobs" | xargs -n 1 scontrol release
wait_until queue_is_empty
same_science "$scratch/small.toml" small "$place/my results" "$plain"
logs_say small "$place/my results" ' --jobs 2 ' || die "the runs were not packed"
logs_say small "$place/my results" '| half *|' || die "the collecting job shows no gap table"

say "a run that cannot succeed: the job of the table fails and names it, and has table and report of the others"
spec broken 2
printf '[[variant]]\nname = "unreachable"\ncontrol.policy = "target(1e-300)"\n' >>"$scratch/broken.toml"
"${submit_with_report[@]}" "$scratch/broken.toml" --out "$out" --where seed=1
wait_until queue_is_empty
squeue --states=all --noheader --format '%j %T' | grep -qx 'xb-broken-collect FAILED' || die "the collecting job does not fail"
grep -q '^| centralized *| baseline ' "$out/broken/gap.md" || die "gap.md lacks the run that is complete"
grep -q '^- missing: .*unreachable, seed 1' "$out/broken/gap.md" || die "gap.md does not name the missing run"
[ -s "$out/broken/report/index.html" ] || die "there is no report of the other runs"
logs_say broken "$out" 'target distance 1e-300 is below' || die "the log does not say why the run failed"

say "a run that is signalled, as before a time limit, and requeued; and submit, which sees that it is queued"
long_run long 2000
"$xibench" run "$scratch/long.toml" --out "$plain" --threads 1 --progress none
"${submit[@]}" "$scratch/long.toml" --out "$out" | tee "$scratch/jobs"
wait_until at_work "$scratch/long.toml" "$out"
if "${submit[@]}" "$scratch/long.toml" --out "$out" 2>"$scratch/refusal"; then die "submitted twice"; fi
grep -q 'still queued or running' "$scratch/refusal" || die "refused for another reason: $(cat "$scratch/refusal")"
scancel --batch --signal=USR1 "$(sed -n '1s/ .*//p' "$scratch/jobs")_0"
wait_until queue_is_empty
logs_say long "$out" 'restart 1' || die "the job was not requeued"
logs_say long "$out" 'goes on after step' || die "the run did not go on from its checkpoint"
same_science "$scratch/long.toml" long "$out" "$plain"

# What README says of bench, in an interactive job. Its variables are options to sbatch and srun: with the memory per processor, a job would not fit them.
say "from inside an interactive job: bench in it and over its ranks, and a sweep that is submitted with the time it measured"
spec inside 4
cat >"$scratch/inside.sh" <<INSIDE
set -euo pipefail
[ "\$SLURM_MEM_PER_CPU" = 100 ]
"$xibench" bench "$scratch/inside.toml" --threads 1 --steps 5 --json >"$scratch/bench"
if srun --mpi=list 2>&1 | grep -q pmix; then srun --mpi=pmix "$xibench" bench "$scratch/inside.toml" --threads 1 --steps 5 --json >"$scratch/bench-of-ranks"; fi
"$source/slurm/submit" "$scratch/inside.toml" --site "$site" --out "$scratch/inside" --seconds-per-step 0.001
"$xibench" status "$scratch/inside.toml" --out "$scratch/inside" >"$scratch/inside-status"
INSIDE
salloc --nodes=1 --ntasks=2 --mem-per-cpu=100 --time=10 bash "$scratch/inside.sh"
wait_until queue_is_empty
grep -q '"ranks": 1' "$scratch/bench" || die "bench in the job's shell is not one rank: $(cat "$scratch/bench")"
[ ! -e "$scratch/bench-of-ranks" ] || grep -q '"ranks": 2' "$scratch/bench-of-ranks" || die "bench under srun is not two ranks: $(cat "$scratch/bench-of-ranks")"
"$xibench" run "$scratch/inside.toml" --out "$plain" --threads 1 --progress none
same_science "$scratch/inside.toml" inside "$scratch/inside" "$plain"

# spread LAUNCHER: two runs on four ranks each, over two nodes.
spread() {
  say "runs over two nodes, with $1"
  printf 'source %q\nlauncher=%s\n' "$site" "$1" >"$scratch/$1.sh"
  "$source/slurm/submit" "$scratch/small.toml" --site "$scratch/$1.sh" --where variant=centralized --out "$scratch/$1" --nodes 2 --ranks-per-node 2
  wait_until queue_is_empty
  [ "$(find "$scratch/$1/small" -name '*.h5' | wc -l)" = 2 ] || die "not both runs are complete"
  for run in "$scratch/$1"/small/*.h5; do
    [ "$("$xibench" show --science-digest "$run")" = "$("$xibench" show --science-digest "$plain/small/${run##*/}")" ] || die "$run differs from the plain one"
    "$xibench" show "$run" | grep -q 'on 4 ranks' || die "$run was not done on 4 ranks"
  done
}
if srun --mpi=list 2>&1 | grep -q pmix; then spread srun; else echo "not tested: this Slurm has no pmix"; fi
if command -v mpirun >/dev/null; then spread mpirun; else echo "not tested: there is no mpirun here"; fi

# unfit LAUNCHER: on node n2 all ranks are bound to one processor, as a broken prolog or an administrator's process may do it.
unfit() {
  say "a node that is not fit for a run over two, with $1: preflight names it, and the job goes on without it"
  cat >"$scratch/narrow" <<NARROW
#!/bin/sh
if [ "\$SLURMD_NODENAME" = n2 ]; then exec taskset --cpu-list "$(taskset --cpu-list --pid $$ | sed 's/.*: \([0-9]*\).*/\1/')" "$xibench" "\$@"; fi
exec "$xibench" "\$@"
NARROW
  chmod +x "$scratch/narrow"
  printf 'source %q\nprogram=%q launcher=%s\n' "$site" "$scratch/narrow" "$1" >"$scratch/narrow.sh"
  EXTRA_SBATCH_OPTIONS=--nodelist=n1 "$source/slurm/submit" "$scratch/small.toml" --site "$scratch/narrow.sh" --where variant=centralized --where seed=1 \
    --out "$scratch/unfit-$1" --nodes 2 --ranks-per-node 2
  wait_until queue_is_empty
  logs_say small "$scratch/unfit-$1" 'these nodes are not fit: n2$' || die "preflight does not name the node"
  logs_say small "$scratch/unfit-$1" 'restart 1, on n\[1,3\]' || die "the job was not requeued without the node"
  [ "$(find "$scratch/unfit-$1/small" -name '*.h5' | wc -l)" = 1 ] || die "the run is not complete"
  "$xibench" show "$scratch/unfit-$1"/small/*.h5 | grep -q 'on 4 ranks' || die "the run was not done on 4 ranks"
}
if [ "$(nproc)" -gt 1 ]; then
  if srun --mpi=list 2>&1 | grep -q pmix; then unfit srun; fi
  if command -v mpirun >/dev/null; then unfit mpirun; fi
else
  echo "not tested: preflight of a narrow node needs two processors; with one all nodes are as narrow"
fi
say "done"
