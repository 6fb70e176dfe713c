#!/usr/bin/env bash
# One rank cannot go on while the others wait for it: all end, and mpirun's exit status is the one that rank gave.
set -uo pipefail
program=$2/tests/contract.mpi_communicator_test
if ! command -v mpirun >/dev/null || [[ ! -x $program ]]; then
  echo "skipped: built without MPI, or no mpirun"
  exit 77
fi
timeout 40 mpirun --allow-run-as-root --oversubscribe -n 3 "$program" "[.abort]" >/dev/null 2>&1
status=$?
if [[ $status -ne 3 ]]; then
  echo "mpirun ended with $status instead of 3 (124: the other ranks hung)"
  exit 1
fi
