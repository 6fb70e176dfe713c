import support
import shutil
import subprocess
import sys

import h5py

import synthetic_runs


class Regress(support.FolderTest):
    def launches(self, name, count=6, speed=1.0, first=0, **options):
        for launch in range(first, first + count):
            for variant in ("centralized", "ring"):
                synthetic_runs.write_run(self.folder / name / str(launch), variant, 1, speed=speed, machine_seed=launch, **options)
        return self.folder / name

    def regress(self, *arguments):
        return subprocess.run([sys.executable, support.SOURCE / "analysis" / "regress.py", *map(str, arguments)], capture_output=True, text=True, check=False)

    def test_the_same_program_measured_again_passes(self):
        done = self.regress(self.launches("old"), self.launches("new", first=100))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("compared 2 of 2 cells: no regression", done.stdout)
        self.assertRegex(done.stdout, r"slowdowns from \d+\.\d % would have been seen")
        self.assertIn("science: 12 runs the same bits, 0 not", done.stdout)

    def test_a_planted_slowdown_of_a_tenth_is_found(self):
        done = self.regress(self.launches("old"), self.launches("new", first=100, speed=0.9))
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertRegex(done.stdout, r"REGRESSION: ring, n = 16 .*ratio 0\.(89|90)")

    def test_a_speed_up_is_no_regression(self):
        self.assertEqual(self.regress(self.launches("old"), self.launches("new", first=100, speed=1.2)).returncode, 0)

    def test_the_threshold_decides_what_counts(self):
        old, new = self.launches("old"), self.launches("new", first=100, speed=0.9)
        self.assertEqual(self.regress(old, new, "--threshold", 15).returncode, 0)
        self.assertEqual(self.regress(old, new, "--threshold", 5).returncode, 1)
        self.assertEqual(self.regress(old, new, "--threshold", 150).returncode, 2)

    def test_three_launches_cannot_tell_and_say_so(self):
        old, new = self.folder / "old", self.folder / "new"
        for launch in range(3):
            synthetic_runs.write_run(old / str(launch), "ring", 1, machine_seed=launch)
            synthetic_runs.write_run(new / str(launch), "ring", 1, machine_seed=launch + 9, speed=0.5)
        done = self.regress(old, new)
        self.assertEqual(done.returncode, 0)
        self.assertIn("cannot tell: ring", done.stdout)
        self.assertIn("it takes 5 launches and 5", done.stdout)

    def test_small_cells_are_pooled(self):
        done = self.regress(self.launches("old", count=3), self.launches("new", count=3, first=100, speed=0.9))
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("REGRESSION: all 2 cells pooled", done.stdout)

    def copies(self, path, name, count):
        folder = self.folder / name
        folder.mkdir()
        for k in range(count):
            shutil.copy(path, folder / f"{k}.h5")
        return folder

    def test_copies_of_a_file_are_one_launch(self):
        slow = synthetic_runs.write_run(self.folder / "b", "ring", 1, speed=0.5, machine_seed=1)
        fast = synthetic_runs.write_run(self.folder / "a", "ring", 1)
        done = self.regress(self.copies(fast, "old", 6), self.copies(slow, "new", 6))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, "cannot tell: ring.*1 and 1 launches")
        self.assertIn("10 files are copies of others", done.stderr)

    def test_a_launch_that_is_in_both_sets_says_nothing(self):
        path = synthetic_runs.write_run(self.folder / "a", "ring", 1)
        done = self.regress(path, self.copies(path, "new", 1))
        self.assertEqual(done.returncode, 2)
        self.assertIn("1 launches are in both sets", done.stderr)

    def test_nothing_in_common_is_an_error(self):
        old = self.launches("old", count=1)
        synthetic_runs.write_run(self.folder / "other", "ring", 1, nodes=64)
        done = self.regress(old, self.folder / "other")
        self.assertEqual(done.returncode, 2)
        self.assertIn("compared 0 of 2", done.stderr)

    def test_times_of_another_machine_are_not_compared(self):
        old, new = self.launches("old"), self.launches("new", first=100)
        for path in new.rglob("*.h5"):
            with h5py.File(path, "a") as file:
                file["provenance"].attrs["threads"] = "64"
        self.assertEqual(self.regress(old, new).returncode, 2)

    def test_other_science_under_the_same_id_fails(self):
        old, new = self.launches("old"), self.launches("new", first=100)
        with h5py.File(next(new.rglob("*.h5")), "a") as file:
            file["steps/train_loss"][3] += 1
        done = self.regress(old, new)
        self.assertEqual(done.returncode, 1)
        self.assertIn("SCIENCE DIFFERS", done.stdout)
        self.assertIn("steps/train_loss", done.stdout)

    def test_a_partial_file_is_refused(self):
        old, new = self.launches("old"), self.launches("new", first=100)
        path = next(new.rglob("*.h5"))
        path.write_bytes(path.read_bytes()[:4000])
        done = self.regress(old, new)
        self.assertEqual(done.returncode, 2)
        self.assertIn(path.name, done.stderr)


if __name__ == "__main__":
    support.main()
