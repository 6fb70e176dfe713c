#!/usr/bin/env bash
# A stranger's project finds the installed libraries, builds README's trainer against them with its own flags, and runs it, alone and on two ranks.
set -euo pipefail
source=$1 build=$2
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
die() { echo "install_test: $*" >&2; exit 1; }

cmake --install "$build" --prefix "$here/prefix" >"$here/install.log" || { tail -5 "$here/install.log" >&2; die "cmake --install failed"; }
cp -r "$source/tests/install/trainer" "$here/trainer"
cmake -S "$here/trainer" -B "$here/build" -DCMAKE_PREFIX_PATH="$here/prefix" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON >"$here/configure.log" 2>&1 ||
  { cat "$here/configure.log" >&2; die "find_package(xibench) failed"; }
cmake --build "$here/build" >"$here/build.log" 2>&1 || { cat "$here/build.log" >&2; die "the trainer does not build"; }
if grep -E -- '-Werror|-march|-fsanitize|-fno-tree' "$here/build/compile_commands.json"; then die "flags of our build reach the trainer"; fi
grep -rl "$source" "$here/prefix/lib" --include='*.cmake' && die "the installed package names the source tree"

"$here/build/trainer" >"$here/alone" || { cat "$here/alone"; die "the trainer failed"; }
[ "$(wc -l <"$here/alone")" = 5 ] || die "the trainer prints $(wc -l <"$here/alone") lines"
if ls "$here"/prefix/lib*/libxibench_mpi.a "$here"/prefix/lib/*/libxibench_mpi.a >/dev/null 2>&1; then
  mpirun --allow-run-as-root --oversubscribe -n 2 "$here/build/trainer" >"$here/two" || { cat "$here/two"; die "the trainer failed on two ranks"; }
  cmp "$here/alone" "$here/two" || die "two ranks give other numbers than one"
fi

# The line that README adds to a trainer stands in this one.
line=$(sed -n 's/^+ *\(controller\.communicate.*\)$/\1/p' "$source/README.md")
[ -n "$line" ] || die "README has no line that calls controller.communicate"
grep -qF "$line" "$here/trainer/trainer.cpp" || die "README says '$line', the trainer does not"

# The program finds the published numbers beside it.
if [ -x "$here/prefix/bin/xibench" ]; then
  [ -d "$here/prefix/share/xibench/kong2021" ] || die "the published numbers are not installed"
  "$here/prefix/bin/xibench" --version >/dev/null || die "the installed program does not start"
fi
