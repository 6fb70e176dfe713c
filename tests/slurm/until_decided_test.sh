#!/usr/bin/env bash
# submit --until-decided: look by look, with a stand-in for Slurm that keeps what sbatch got and does the jobs in their order. The same runs as without Slurm.
set -euo pipefail
source=$1 build=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# shellcheck source=tests/slurm/expect.sh
source "$source/tests/slurm/expect.sh"
xibench=$build/xibench
python_without_reports
mkdir "$scratch/bin" "$scratch/queue"
cat >"$scratch/site.sh" <<SITE
partition=somewhere account=someone time_limit=03:00:00 cpus_per_task=1
program=$xibench interpreter=$scratch/python preflight=no
SITE
cp "$source/tests/gap/looks.toml" "$scratch/s.toml"

# Jobs wait as files of their words, in the order of their ids.
stand_in sbatch "
id=\$((\$(cat '$scratch/count' 2>/dev/null || echo 0) + 1))
echo \$id >'$scratch/count'
printf '%s\\0' \"\$@\" >'$scratch/queue/'\$(printf %04d \$id)
echo \$id"
stand_in squeue :
stand_in scontrol 'echo JobState=RUNNING'
# shellcheck disable=SC2016  # for the other shell
stand_in srun 'while [[ $1 == -* ]]; do shift; done; exec "$@"'
export PATH="$scratch/bin:$PATH"

indices() { # of --array=0-2,5%3
  local range
  for range in $(tr , ' ' <<<"${1%\%*}"); do seq "${range%-*}" "${range#*-}"; done
}
# do_jobs: those in the queue, and those that they submit. A job that fails is said, as Slurm would.
do_jobs() {
  local job words array script
  while job=$(find "$scratch/queue" -type f | sort | head -n 1) && [ -n "$job" ]; do
    mapfile -d '' words <"$job"
    rm "$job"
    array=''
    while [[ ${words[0]} == -* ]]; do
      case ${words[0]} in --array=*) array=${words[0]#--array=} ;; esac
      words=("${words[@]:1}")
    done
    script=${words[0]##*/}
    for task in $(indices "${array:-0}"); do
      SLURM_JOB_ID=9 SLURM_ARRAY_JOB_ID=${job##*/} SLURM_ARRAY_TASK_ID=$task SLURM_JOB_NODELIST=here SLURM_CPUS_PER_TASK=1 \
        bash "${words[@]}" >"$scratch/log" 2>&1 || echo "$script fails: $(cat "$scratch/log")"
      cat "$scratch/log" >>"$scratch/logs"
    done
    echo "$script"
  done
}
submit=("$source/slurm/submit" --site "$scratch/site.sh")
digests() { for run in "$1"/s/*.h5; do echo "${run##*/} $("$xibench" show --science-digest "$run")"; done; }

"$xibench" run "$scratch/s.toml" --out "$scratch/plain" --threads 1 --progress none --until-decided 2>"$scratch/said"
looks=$(sed -n 's/^xibench: all verdicts and contrasts are decided: look \([0-9]\) of 4.*/\1/p' "$scratch/said")
[ "${looks:-0}" -gt 1 ] || die "the sweep was to be decided at a later look: $(cat "$scratch/said")"

"${submit[@]}" "$scratch/s.toml" --out "$scratch/out" --until-decided >"$scratch/first" 2>"$scratch/said"
expect "$(cat "$scratch/said")" 'look 1 of 4, at 3 seeds: 21 of 21 runs to do'
expect "$(cat "$scratch/first")" '^[0-9]* the look after look 1$'
never "$(cat "$scratch/first")" 'table and report'
done=$(do_jobs)
never "$done" fails
[ "$(grep -cx next-look.sbatch <<<"$done")" = "$looks" ] || die "a job per look, of $looks: $done"
[ "$(tail -n 1 <<<"$done")" = collect.sbatch ] || die "the table comes last: $done"
diff <(digests "$scratch/plain") <(digests "$scratch/out") || die "not the runs of run --until-decided"
diff <("$xibench" gap "$scratch/out/s" --sweep "$scratch/s.toml") "$scratch/out/s/gap.md" || die "gap.md is not the gap table"
expect "$(cat "$scratch/out/s/gap.md")" "^- decided at look $looks of 4: "
never "$(cat "$scratch/out/s/gap.md")" '^- missing'
[ "$(find "$scratch/out/s/logs" -name 'submitted-*-submitted-*' | wc -l)" = 0 ] || die "copies of copies"

# All is decided: only the table is left. A budget of seeds ends likewise, with what is open.
"${submit[@]}" "$scratch/s.toml" --out "$scratch/out" --until-decided >"$scratch/again" 2>"$scratch/said"
expect "$(cat "$scratch/said")" 'all verdicts and contrasts are decided'
[ "$(sed 's/^[0-9]* //' "$scratch/again")" = 'table and report' ] || die "more than the table: $(cat "$scratch/again")"
rm "$scratch/queue"/*
"${submit[@]}" "$scratch/s.toml" --out "$scratch/few" --until-decided --max-seeds 3 --pack 2 >/dev/null 2>&1
done=$(do_jobs)
never "$done" fails
expect "$(cat "$scratch/few/s/gap.md")" '^- open at look 1 of 4: '
[ "$(find "$scratch/few/s" -name '*.h5' | wc -l)" = 21 ] || die "other runs than those of three seeds"

# A look whose runs fail is not submitted for ever: what is there is collected, and the job says so.
# shellcheck disable=SC2016  # for the other shell
printf '#!/bin/bash\nif [[ $1 = run && " $* " != *" --check "* ]]; then exit 3; fi\nexec %q "$@"\n' "$xibench" >"$scratch/bin/broken"
chmod +x "$scratch/bin/broken"
{ cat "$scratch/site.sh" && echo "program=$scratch/bin/broken"; } >"$scratch/broken.sh"
: >"$scratch/logs"
"$source/slurm/submit" "$scratch/s.toml" --site "$scratch/broken.sh" --out "$scratch/broken" --until-decided >/dev/null 2>&1 || true
done=$(do_jobs)
expect "$done" '^next-look.sbatch fails'
expect "$(cat "$scratch/logs")" 'look 1 was submitted before and still lacks runs'
[ "$(grep -cx next-look.sbatch <<<"$done")" = 1 ] || die "submitted again and again: $done"

refused() { # TEXT ARGUMENTS...
  local status=0
  "${submit[@]}" "$scratch/s.toml" --out "$scratch/out" "${@:2}" >/dev/null 2>"$scratch/said" || status=$?
  [ $status = 2 ] || die "exit status $status for: $*"
  expect "$(cat "$scratch/said")" "$1"
}
refused 'max-seeds needs --until-decided' --max-seeds 4
refused 'chooses its runs itself' --until-decided --where seed=1
refused '--max-seeds: 2 is less than the 3 seeds of the first look' --until-decided --max-seeds 2
refused 'was made for looks at 3, 4, 6, 8' --until-decided --set 'looks=[3,5]'
