#!/usr/bin/env bash
# Every C++ file is as .clang-format has it, and no text ends a line with blanks. clang-format -i $(git ls-files '*.cpp' '*.hpp' '*.cu') mends the first.
set -euo pipefail
cd "$1"
command -v clang-format >/dev/null || { echo "clang-format is not installed"; exit 77; }
case $(clang-format --version) in
  *" version 14."*) ;;
  *) echo "this clang-format is not of version 14, Debian 12's, and others format otherwise"; exit 77 ;;
esac
if [ -e .git ]; then
  mapfile -d '' files < <(git ls-files -z '*.cpp' '*.hpp' '*.cu')
  mapfile -d '' texts < <(git ls-files -z)
else
  mapfile -d '' files < <(find harness datasets reference benchmarks tests \( -name '*.cpp' -o -name '*.hpp' -o -name '*.cu' \) -print0)
  texts=("${files[@]}")
fi
[ ${#files[@]} -gt 400 ] || { echo "format_test: found ${#files[@]} files only"; exit 1; }
problem=0
if ! said=$(clang-format --dry-run -Werror --ferror-limit=1 "${files[@]}" 2>&1); then
  grep -oE '^[a-z0-9_/]+\.(cpp|hpp|cu):[0-9]+:' <<<"$said" | sort -u | sed 's/$/ is not formatted/' >&2
  problem=1
fi
if grep -nIH -P '[ \t]+$' -- "${texts[@]}" >&2; then problem=1; fi
exit $problem
