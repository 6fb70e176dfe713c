"""kill -9 of one of three ranks in an exchange between GPUs (stand-ins for CUDA and NCCL, Open MPI told to leave the others alone): the others end by themselves and name it."""

import os
import re
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, f"{sys.argv[1]}/tests")
from script import BUILD, HAS_MPI, HAS_NCCL, main, needs, skip  # noqa: E402

PROGRAM = BUILD / "gpu_bench_stand_in"
needs(PROGRAM)
if not HAS_MPI or not HAS_NCCL:
    skip("built without NCCL or MPI")


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


class DyingRank(unittest.TestCase):
    def ends(self, number, timeout):
        """What ranks 0 and 2 say after `number` came to rank 1, while all exchange."""
        process = subprocess.Popen(["mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none", "--enable-recovery", "--mca", "orte_abort_on_non_zero_status", "0", "-n", "3",
                                    str(PROGRAM), "hold", "--seconds", "200", "--timeout", str(timeout)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
        pids = {}
        try:
            while len(pids) < 3:
                line = process.stdout.readline()
                self.assertNotEqual(line, "", "mpirun ended")
                for rank, pid in re.findall(r"rank (\d+) process (\d+)", line):
                    pids[int(rank)] = int(pid)
            time.sleep(1)  # they exchange
            os.kill(pids[1], number)
            end = time.monotonic() + 120
            while (alive(pids[0]) or alive(pids[2])) and time.monotonic() < end:
                time.sleep(0.1)
            self.assertFalse(alive(pids[0]) or alive(pids[2]), "a rank still waits")
        finally:
            for pid in pids.values():
                if alive(pid):
                    os.kill(pid, signal.SIGKILL)
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        said = process.communicate()[0]
        return [line for line in said.splitlines() if line.startswith("gpu_bench: ")]

    def test_a_rank_that_is_killed(self):
        messages = self.ends(signal.SIGKILL, 100)
        self.assertTrue(any(re.search(r"NCCL: exchange: rank [02] waited for ranks .*\b1\b.*: remote process exited", m) for m in messages), messages)

    def test_a_rank_that_hangs(self):
        messages = self.ends(signal.SIGSTOP, 3)
        self.assertTrue(any(re.search(r"NCCL: exchange: rank [02] waited for ranks .*\b1\b.*: nothing arrived for 3 s", m) for m in messages), messages)


if __name__ == "__main__":
    main()
