# Sourced by the tests of this folder: what they say where something is not as it should be, stand-ins for programs, and a sweep to submit.
# shellcheck shell=bash
# shellcheck disable=SC2154  # scratch is the folder of the test
die() {
  echo "FAILED: $*" >&2
  exit 1
}
expect() { grep -qe "$2" <<<"$1" || die "expected '$2' in: $1"; } # TEXT PATTERN
never() { if grep -qe "$2" <<<"$1"; then die "did not expect '$2' in: $1"; fi; }

# stand_in NAME CODE: a program in $scratch/bin, which the test has made and put into PATH.
stand_in() { printf '#!/bin/bash\n%s\n' "$2" >"$scratch/bin/$1" && chmod +x "$scratch/bin/$1"; }

# python_without_reports: $scratch/python, which says that it can make reports, and makes none: to import their libraries takes longer than most of these tests do.
python_without_reports() {
  # shellcheck disable=SC2016  # for the other shell
  printf '#!/bin/sh\ncase $1 in */report.py) exit 0 ;; esac\nexec /usr/bin/python3 "$@"\n' >"$scratch/python"
  chmod +x "$scratch/python"
}

# small_sweep SEEDS [DIM [LINE-OF-TRAIN]]: $scratch/s.toml, whose runs take no time.
small_sweep() {
  cat >"$scratch/s.toml" <<TOML
name = "s"
seeds = [$1]
[data]
dataset = "quadratic(dim = ${2:-10}, zeta = 1, sigma = 1, steps = 4)"
[model]
name = "none"
[train]
nodes = 4
epochs = 1
batch_size = 1
lr = 0.1
${3:-}
[[variant]]
name = "ring"
baseline = true
TOML
}
