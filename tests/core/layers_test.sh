#!/usr/bin/env bash
# A folder of the harness includes only those below it, heavy libraries stay where they belong, and no two types have one name: a linker takes either of them.
set -euo pipefail
cd "$1"
declare -A below=(
  [core]="" [graph]="core" [comm]="core" [mix]="core graph comm" [control]="core graph comm mix"
  [task]="core mix sweep/run_config" [train]="core graph comm mix control task"
  [record]="core" [sweep]="core" [gap]="core graph sweep"
  [run]="core graph comm mix control task train record sweep"
  [job]="core graph comm mix control task train record sweep run"
  [cli]="core graph comm mix control task train record sweep gap run job"
)
status=0
for folder in harness/*/; do
  folder=$(basename "$folder")
  allowed="$folder ${below[$folder]?"harness/$folder is not in the list of layers"}"
  while IFS=: read -r file include; do
    target=${include#*harness/}
    target=${target%\"*}
    ok=no
    for prefix in $allowed; do [[ $target == "$prefix"/* || $target == "$prefix".* ]] && ok=yes; done
    [ $ok = yes ] || { echo "$file includes harness/$target, which $folder/ may not"; status=1; }
  done < <(grep -rHo --include='*.[ch]pp' --include='*.cu' --include='*.cuh' '#include "harness/[^"]*"' "harness/$folder")
done
heavy() { # heavy PATTERN WHERE...: headers that only these paths may include
  local pattern=$1 file
  shift
  while read -r file; do
    for where in "$@"; do [[ $file == $where ]] && continue 2; done
    echo "$file includes $pattern"
    status=1
  done < <(grep -rlE --include='*.[ch]pp' --include='*.cu' --include='*.cuh' "#include <$pattern" harness datasets reference || true)
}
heavy '(torch|ATen|c10)/' 'harness/task/torch_*.[ch]pp'
heavy '(ATen|c10)/cuda' harness/task/torch_cuda.cpp
heavy 'mpi\.h' 'harness/comm/mpi_*.cpp' harness/job/library_versions.cpp
heavy 'cuda_runtime' 'harness/mix/cuda_*' harness/mix/launch.cuh harness/comm/nccl_communicator.cpp
heavy 'nccl\.h' harness/comm/nccl_communicator.cpp
heavy 'hdf5' 'harness/record/hdf5_*.[ch]pp'
heavy 'Eigen' 'harness/graph/*.cpp' 'harness/task/*.cpp'
twice=$(find harness reference benchmarks tests \( -name '*.[ch]pp' -o -name '*.cu' -o -name '*.cuh' \) -exec awk '
  FNR == 1 { outer = inner = "" }
  /^namespace [a-z:_]+ \{$/ { outer = inner = $2 }
  /^namespace \{$/ { inner = FILENAME }
  /^}  \/\/ namespace$/ { inner = outer }
  /^(struct|class|enum class|union) [A-Za-z0-9_]+( final)?( : [^;]*)? *\{/ {
    name = inner "::" ($1 == "enum" ? $3 : $2)
    sub(/:$/, "", name)
    if (name in where && where[name] != FILENAME) print name " is a type in " where[name] " and another one in " FILENAME
    where[name] = FILENAME
  }' {} +)
[ -z "$twice" ] || { echo "$twice"; status=1; }
exit $status
