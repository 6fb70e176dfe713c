#!/usr/bin/env bash
# ThreadSanitizer over the tests of the CUDA part on the stand-ins, where streams are threads: a missing wait between two streams is a race, whatever their speed.
# It has to be silent without a mistake, and to find each wait that is taken away. Only with XIBENCH_TEST_FULL=1 (./check --full): it has a build of its own.
#
# There are no suppressions: the stand-ins order streams with mutexes and condition variables, which the sanitizer follows, and this build has neither MPI, LibTorch
# nor HDF5, whose own threads it cannot follow. setarch -R: the sanitizer of GCC 12 does not start on kernels that spread addresses over more than 28 bits.
set -euo pipefail
if [ "${XIBENCH_TEST_FULL:-}" != 1 ]; then
  echo "skipped: the sanitizer's build is done with ./check --full (XIBENCH_TEST_FULL=1)"
  exit 77
fi
source=$1 from=$2 build=$2/tsan
programs=(gpu.device_test gpu.mix_test gpu.steps_test)
if grep -q '^XB_WITH_NCCL:BOOL=ON' "$from/CMakeCache.txt"; then nccl=ON programs+=(gpu.nccl_contract_test gpu.nccl_failures_test); else nccl=OFF; fi
cached() { sed -n "s/^$1:[A-Z]*=//p" "$from/CMakeCache.txt"; }
cmake -G Ninja -S "$source" -B "$build" -DXB_SANITIZE=thread -DCMAKE_BUILD_TYPE=RelWithDebInfo -DXB_WITH_CUDA=ON -DXB_WITH_NCCL=$nccl -DXB_WITH_MPI=OFF -DXB_WITH_TORCH=OFF \
  -DXB_WITH_HDF5=OFF -DXB_BUILD_BENCHMARKS=OFF -DCMAKE_CUDA_COMPILER="$(cached CMAKE_CUDA_COMPILER)" -DPython3_EXECUTABLE="$(cached Python3_EXECUTABLE)"
ninja -C "$build" "${programs[@]}"

export TSAN_OPTIONS=exitcode=66:second_deadlock_stack=1
# under PROGRAM [CASE]: its exit status; what it printed is in $build/said.
under() {
  local status=0
  setarch -R "$build/tests/$1" "${@:2}" >"$build/said" 2>&1 || status=$?
  return $status
}
for program in "${programs[@]}"; do
  cases=()
  [ "$program" != gpu.mix_test ] || cases=('norms*,the sketch*') # the others go over 18 sizes each: on the sanitizer, an hour
  under "$program" "${cases[@]}" || { cat "$build/said" && echo "FAILED: $program under ThreadSanitizer" && exit 1; }
  echo "silent: $program, $(tail -n 2 "$build/said" | head -n 1)"
done
# found CALL PROGRAM CASE: without this wait the sanitizer sees a race, or memory that is used after it was freed.
found() {
  if XB_STAND_IN_FORGET=$1 under "$2" "$3" || ! grep -Eq 'WARNING: ThreadSanitizer: (data race|heap-use-after-free)' "$build/said"; then
    cat "$build/said"
    echo "FAILED: ThreadSanitizer does not see that $1 is missing"
    exit 1
  fi
  echo "found: $1 is missing"
}
found cudaStreamSynchronize gpu.device_test 'a matrix on a device begins*'
if [ $nccl = ON ]; then
  found cudaStreamWaitEvent gpu.nccl_contract_test 'gossip and exact*'
  found cudaEventQuery gpu.nccl_contract_test 'gossip and exact*'
fi
