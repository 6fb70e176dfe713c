"""SIGKILL at any moment loses no more than the work since the last checkpoint, and leaves nothing half that counts."""

import os
import random
import re
import shutil
import subprocess
import unittest

import support
from long_run import OFTEN, LongRun
from support import signal, time

KILLS = 50 if support.FULL else 5
KINDS = ("work", "checkpoint", "start", "work", "result")  # of moments, in turn
HALF_WRITTEN = {"checkpoint": "*/*.checkpoint.*.new", "result": "*/*.h5.*.partial"}


class Killed(LongRun):
    def lease(self):
        try:
            return self.file(".lease").read_text()
        except (AttributeError, FileNotFoundError):
            return ""

    def rank_0(self, process, stale):
        """Its pid, as its lease says it, which replaces the stale one of a killed process; None when it ended before."""
        while process.poll() is None:
            lease = self.lease()
            if lease not in ("", stale):
                return int(re.search("^pid (.*)$", lease, re.MULTILINE)[1])
            time.sleep(0.001)
        return None

    def kill(self, process, pid):
        if pid is None:
            return process.terminate()
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def half_written(self, kind):
        return set(self.out.glob(HALF_WRITTEN[kind]))

    def wait_for_new_checkpoint(self, process, begun):
        """One that is younger than `begun`, by the clock of files."""
        while process.poll() is None and not any(path.stat().st_mtime_ns > begun for path in self.out.glob("*/*.checkpoint")):
            time.sleep(0.001)

    def undisturbed(self, ranks):
        """Seconds that the run takes to its first checkpoint, and from there to its end, when nobody kills it."""
        begun, clock = time.time_ns(), time.monotonic()
        process = self.start(self.long, self.out, ranks, 1, OFTEN)
        self.wait_for_new_checkpoint(process, begun)
        start = time.monotonic() - clock
        self.ended(process, 0)
        shutil.rmtree(self.out)
        return start, time.monotonic() - clock - start

    def victim_at_its_moment(self, process, kind, ranks, moments, stale):
        """Whom to kill: the program, or one of its ranks, while it starts or at a random moment of its work; or rank 0 while it writes a checkpoint or
        the result, found out before, so that the kill follows at once."""
        if kind in HALF_WRITTEN:
            before = self.half_written(kind)  # left by an earlier kill
            pid = self.rank_0(process, stale)
            while process.poll() is None and not self.half_written(kind) - before:
                time.sleep(0.001)
            return pid
        start, work = self.seconds
        if kind == "start":
            time.sleep(moments.uniform(0, start))
        else:
            self.wait_for_new_checkpoint(process, time.time_ns())
            time.sleep(moments.uniform(0, work / 4))  # so that two kills in one run are the rule
        alive = support.ranks_of(process) if ranks else [process.pid]
        return moments.choice(alive) if alive else None

    def check_killed_often(self, ranks):
        """SIGKILL at many moments, of the whole program or of one of its ranks; whatever is found after it is intact."""
        moments = random.Random(7)
        self.seconds = self.undisturbed(ranks)
        resumed = 0
        caught = dict.fromkeys(KINDS, 0)  # kills that came before the end, and left the file half written that they were meant for
        slow_disk = self.folder / "slow_disk.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", slow_disk, support.SOURCE / "tests" / "run" / "slow_disk.c", "-ldl"], check=True)
        for kill in range(KILLS):
            kind = KINDS[kill % len(KINDS)]
            left = self.half_written(kind) if kind in HALF_WRITTEN else set()
            stale = self.lease()
            process = self.start(self.long, self.out, ranks, 1, () if kind == "result" else OFTEN, env={"LD_PRELOAD": str(slow_disk)} if kind in HALF_WRITTEN else None)
            pid = None
            try:
                pid = self.victim_at_its_moment(process, kind, ranks, moments, stale)
            except FileNotFoundError:  # a file that was just being replaced
                pass
            self.kill(process, pid)
            resumed += "goes on after step" in self.ended(process)
            for _ in range(100):  # mpirun may be gone some moments before the last of its ranks
                state = self.status(self.long, self.out)[0]["state"]
                if state != "running":
                    break
                time.sleep(0.1)
            caught[kind] += process.returncode != 0 and (kind not in HALF_WRITTEN or bool(self.half_written(kind) - left))
            self.assertIn(state, ("complete", "interrupted", "missing"), f"after kill {kill}")
            gap = subprocess.run([support.XIBENCH, "gap", self.out], capture_output=True, text=True, check=False)
            if state == "complete":
                self.assertEqual(self.digests(self.out), self.expected)
                shutil.rmtree(self.out)
                continue
            self.assertFalse(list(self.out.glob("*/*.h5")))
            self.assertNotIn(" damaged", gap.stderr)
        self.assertGreater(resumed, KILLS // 3)  # or the kills came too early to mean anything
        for kind, count in caught.items():
            tries = KILLS // len(KINDS) * KINDS.count(kind)
            self.assertGreaterEqual(count, (tries + 1) // 2, f"{kind} of {caught}: all {tries}, unless this process had to wait for a processor")
        done = self.run_to_end(self.long, self.out)
        self.assertEqual(self.digests(self.out), self.expected, done.stderr)
        self.assertEqual([path.suffix for path in self.out.glob("*/*")], [".h5"])

    def test_killed_at_random_moments(self):
        self.check_killed_often(ranks=0)

    @unittest.skipUnless(support.HAS_MPI, "built without MPI")
    def test_a_rank_killed_at_random_moments_ends_all_and_the_run_goes_on(self):
        self.check_killed_often(ranks=3)


if __name__ == "__main__":
    support.main()
