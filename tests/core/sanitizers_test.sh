#!/usr/bin/env bash
# The presets minimal, asan and tsan: each is configured and built in a folder of the build directory, its tests pass, and no sanitizer has a report, not even in a
# process whose exit status a test does not look at. Only with XIBENCH_TEST_FULL=1 (./check --full): it builds three times, which ccache makes short the second time.
# sanitizers_test.sh SOURCE BUILD [PRESET...]
#
# There are no suppressions. setarch -R: ThreadSanitizer of GCC 12 does not start on kernels that spread addresses over more than 28 bits.
set -euo pipefail
if [ "${XIBENCH_TEST_FULL:-}" != 1 ]; then
  echo "skipped: the presets are built with ./check --full (XIBENCH_TEST_FULL=1)"
  exit 77
fi
source=$1 from=$2
python=$(sed -n 's/^Python3_EXECUTABLE:[A-Z]*=//p' "$from/CMakeCache.txt")
export CCACHE_BASEDIR=$source CCACHE_NOHASHDIR=1 # what one clone has compiled, another takes from the cache
[ $# -gt 2 ] || set -- "$@" minimal asan tsan
for preset in "${@:3}"; do
  build=$from/presets/$preset
  cmake --preset "$preset" -S "$source" -B "$build" ${python:+-DPython3_EXECUTABLE="$python"} >/dev/null
  ninja -C "$build" -j "$(nproc)"
  rm -rf "$build/reports" && mkdir "$build/reports"
  log=log_path=$build/reports/report
  filter=()
  [ "$preset" = minimal ] || filter=(-LE script) # scripts test what is the same in all presets
  failed=0
  ASAN_OPTIONS=$log:detect_stack_use_after_return=1:check_initialization_order=1:strict_string_checks=1 UBSAN_OPTIONS=$log:print_stacktrace=1 LSAN_OPTIONS=$log \
    TSAN_OPTIONS=$log:exitcode=66:second_deadlock_stack=1 env -u XIBENCH_TEST_FULL setarch -R ctest --test-dir "$build" --output-on-failure --no-tests=error -j "$(nproc)" "${filter[@]}" || failed=1
  for report in "$build"/reports/*; do
    [ -e "$report" ] || continue
    cat "$report"
    failed=1
  done
  [ $failed = 0 ] || { echo "FAILED: preset $preset"; exit 1; }
  echo "silent: preset $preset"
done
