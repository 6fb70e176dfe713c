"""What algorithms, policies and gauges hold beside the models survives an interruption: equal digests."""

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
    def test_what_only_some_gauges_and_policies_record_is_kept_over_an_interruption(self):
        text = support.WIDE.format(epochs=5).replace('policy = "target(0.5)"', 'policy = "dsgd-ac(after = 1, power = 1)"\ngauge = "displacement"')
        text = text.replace("momentum = 0.9", 'momentum = 0.9\nschedule = "cosine"')
        spec = self.spec(text)
        self.run_to_end(spec, self.folder / "whole")
        process = self.start(spec, self.out, more=OFTEN)
        self.wait_for_file(self.out, ".checkpoint", process)
        process.send_signal(signal.SIGUSR1)
        self.assertIn("interrupted: run again", self.ended(process, 75))
        self.run_to_end(spec, self.out)

        self.assertEqual(self.digests(self.out), self.digests(self.folder / "whole"))
        with h5py.File(self.file(".h5")) as run:
            self.assertEqual(len(run["provenance/attempts/start"]), 2)
            for column in ("displacement", "mixing_strength"):
                self.assertTrue(np.isfinite(run["steps"][column][()]).all())

    @unittest.skipUnless(h5py, "no h5py")
    def test_an_average_of_the_run_is_kept_over_phases_and_an_interruption_on_any_number_of_ranks(self):
        """The targets of the second phase show which average it was, as /phases/policy says."""
        text = support.WIDE.format(epochs=6).replace("lr = 0.05", 'lr = 0.05\nschedule = "steps(3)"')
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
        np.testing.assert_array_equal(targets["phase"][:60], targets["run"][:60])
        self.assertTrue((targets["phase"][60:] != targets["run"][60:]).any())
        self.assertNotEqual(digests["phase"], digests["run"])

    def test_the_state_of_algorithms_and_optimizers_is_kept_over_an_interruption(self):
        cases = {name: f'train.algorithm = "{name}"\n{more}' for name, more in support.ALGORITHMS.items()} | support.OPTIMIZERS
        for name, more in cases.items():
            with self.subTest(name):
                variant = f'[[variant]]\nname = "{name}"\n{more}'
                spec = self.spec(support.WIDE.format(epochs=4).replace("lr = 0.05", "lr = 0.01") + variant)
                whole, out = self.folder / "whole" / name, self.folder / "parts" / name
                self.run_to_end(spec, whole)
                process = self.start(spec, out, 2 if support.HAS_MPI else 0, more=OFTEN)
                self.wait_for_file(out, ".checkpoint", process)
                process.send_signal(signal.SIGUSR1)
                self.assertIn("interrupted: run again", self.ended(process, 75))
                self.assertIn("goes on after step", self.run_to_end(spec, out, threads=2).stderr)
                self.assertEqual(self.digests(out), self.digests(whole))


if __name__ == "__main__":
    support.main()
