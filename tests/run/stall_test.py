"""A rank that no longer answers ends the run with a report of who waits for whom; the next run goes on from the checkpoint."""

import os
import unittest

import support
from support import signal, time


@unittest.skipUnless(support.HAS_MPI, "built without MPI")
class Stall(support.RunTest):
    def setUp(self):
        super().setUp()
        self.long = self.spec(support.LONG.format(epochs=100000))
        self.out = self.folder / "out"

    def check_stalled(self, stalled):
        process = self.start(self.long, self.out, 3, 1, ("--checkpoint-minutes", "0.005", "--stall-minutes", "0.1"))
        self.wait_for_file(self.out, ".checkpoint", process)
        ranks = sorted(support.ranks_of(process))  # started in the order of ranks
        self.assertEqual(len(ranks), 3)
        os.kill(ranks[stalled], signal.SIGSTOP)

        said = self.ended(process, 1)
        for rank in {0, 1, 2} - {stalled}:
            self.assertRegex(said, rf"no progress for 6 s: rank {rank} on \S+, step \d+: has waited for \d+\.\d s in [a-z-]+ for ranks? ")
        self.assertNotRegex(said, rf"rank {stalled} on ")
        run = self.status(self.long, self.out)[0]
        self.assertEqual(run["state"], "failed")
        self.assertIn("no progress", run["detail"])

        again = self.start(self.long, self.out, 2, 1)
        self.wait_until(lambda: self.status(self.long, self.out)[0]["state"] == "running" and self.status(self.long, self.out)[0]["step"] > 0, "the run", again)
        again.send_signal(signal.SIGUSR1)
        self.assertIn("goes on after step", self.ended(again, 75))

    def test_another_rank_stalls(self):
        self.check_stalled(2)

    def test_the_rank_that_writes_stalls(self):
        self.check_stalled(0)


class Suspended(support.RunTest):
    def test_a_program_that_was_suspended_as_a_whole_goes_on(self):
        spec = self.spec(support.LONG.format(epochs=100000))
        process = self.start(spec, self.folder / "out", more=("--checkpoint-minutes", "0.005", "--stall-minutes", "0.05"))
        self.wait_for_file(self.folder / "out", ".checkpoint", process)
        process.send_signal(signal.SIGSTOP)
        time.sleep(8)  # more than twice as long as a stall
        process.send_signal(signal.SIGCONT)
        process.send_signal(signal.SIGTERM)

        self.assertIn("interrupted: run again", self.ended(process, 75))


if __name__ == "__main__":
    support.main()
