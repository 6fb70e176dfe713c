"""What policies hold beside the models survives an interruption: equal digests."""

import unittest

import support
from long_run import OFTEN, LongRun
from support import signal

try:
    import h5py
    import numpy as np
except ImportError:
    h5py = None


class KeptState(LongRun):
    @unittest.skipUnless(h5py, "no h5py")
    def test_an_average_of_the_run_is_kept_over_phases_and_an_interruption_on_any_number_of_ranks(self):
        """The targets of the second phase show which average it was, as /phases/policy says."""
        text = support.LONG.format(epochs=6).replace("lr = 0.05", 'lr = 0.05\nschedule = "steps(3)"')
        digests, targets = {}, {}
        for average in ("phase", "run"):
            policy = f"adaptive(0.05, average = {average})"
            spec = self.spec(text.replace("target(0.5)", policy))
            whole, parts = self.folder / average / "whole", self.folder / average / "parts"
            self.run_to_end(spec, whole)
            process = self.start(spec, parts, 3 if support.HAS_MPI else 0, more=OFTEN)
            self.wait_for_file(parts, ".checkpoint", process)
            process.send_signal(signal.SIGUSR1)
            self.ended(process, 75)
            self.assertIn("goes on after step", self.run_to_end(spec, parts, 2 if support.HAS_MPI else 0, threads=2).stderr)
            self.assertEqual(self.digests(parts), self.digests(whole))
            with h5py.File(next(parts.glob("*/*.h5"))) as run:
                self.assertEqual([name.decode() for name in run["phases/policy"][()]], [policy, policy])
                targets[average] = run["steps/target_distance"][()]
            digests[average] = self.digests(whole)
        np.testing.assert_array_equal(targets["phase"][:600], targets["run"][:600])
        self.assertTrue((targets["phase"][600:] != targets["run"][600:]).any())
        self.assertNotEqual(digests["phase"], digests["run"])


if __name__ == "__main__":
    support.main()
