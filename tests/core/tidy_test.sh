#!/usr/bin/env bash
# clang-tidy 14 with the checks of .clang-tidy finds nothing in the C++ files that changed against the merge base with main; with `all`, in none of those that the
# build compiles. Only with XIBENCH_TEST_FULL=1 (./check --full): most files take 5 to 30 seconds, those with LibTorch a minute.
# tidy_test.sh SOURCE BUILD [all | FILE...]
set -euo pipefail
if [ "${XIBENCH_TEST_FULL:-}" != 1 ]; then
  echo "skipped: clang-tidy is run with ./check --full (XIBENCH_TEST_FULL=1)"
  exit 77
fi
cd "$1"
build=$2
shift 2
command -v clang-tidy-14 >/dev/null || { echo "skipped: clang-tidy-14 is not installed"; exit 77; }
mapfile -t compiled < <(sed -n 's/^ *"file": "\(.*\)".*/\1/p' "$build/compile_commands.json" | sed "s|^$PWD/||" | grep -E '^(harness|datasets|reference|benchmarks|tests)/.*\.cpp$' | sort -u)
[ ${#compiled[@]} -gt 50 ] || { echo "tidy_test: $build/compile_commands.json has ${#compiled[@]} files only"; exit 1; }
if [ "${1:-}" = all ]; then
  files=("${compiled[@]}")
elif [ $# -gt 0 ]; then
  files=("$@")
else
  base=
  for main in main origin/main; do base=${base:-$(git merge-base HEAD "$main" 2>/dev/null || true)}; done
  [ -n "$base" ] || { echo "skipped: there is no branch main to compare with"; exit 77; }
  mapfile -t changed < <(git diff --name-only --diff-filter=d "$base" -- '*.cpp' '*.hpp')
  # A header is seen through one of the files that include it: the first one, its own where there is one.
  files=()
  for file in "${changed[@]}"; do
    if [[ $file == *.hpp ]]; then
      own=${file%.hpp}.cpp
      [ -e "$own" ] || own=$(grep -lF "#include \"$file\"" "${compiled[@]}" | head -n 1 || true)
      file=$own
    fi
    [ -z "$file" ] || files+=("$file")
  done
  mapfile -t files < <(comm -12 <(printf '%s\n' "${compiled[@]}") <(printf '%s\n' "${files[@]}" | sort -u))
fi
[ ${#files[@]} -gt 0 ] || { echo "skipped: no compiled file differs from main; with the argument all, all are looked at"; exit 77; }
said=$(mktemp)
trap 'rm -f "$said"' EXIT
# Errors of Clang itself are not ours: GCC compiles all of these files, and Clang 14 does not know some of C++20 (a lambda that captures a structured binding).
# shellcheck disable=SC2016  # for the other shell
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" sh -c 'said=$(clang-tidy-14 -p "$0" --quiet --extra-arg=-Wno-unknown-warning-option "$1" 2>/dev/null); printf "%s\n" "$said"' "$build" >"$said" || true
if grep -E 'warning: .* \[(bugprone|misc|modernize|performance|readability)-' "$said" | sort -u; then
  echo "FAILED: clang-tidy; mend it, or switch off in .clang-tidy a check that is wrong more often than right, and say why"
  exit 1
fi
echo "clang-tidy finds nothing in ${#files[@]} files"
