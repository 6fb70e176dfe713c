"""Which run files `xibench gap` counts, and which it refuses: gap_command_test.py SOURCE BUILD."""

import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "run"))
import support  # noqa: E402

try:
    import h5py
except ImportError:
    print("skipped: no h5py")
    sys.exit(77)


class GapCommand(support.RunTest):
    def setUp(self):
        super().setUp()
        self.out = self.folder / "out"
        self.run_to_end(self.spec(support.QUADRATIC.replace("seeds = [1]", "seeds = [1, 2]")), self.out)
        self.files = sorted(self.out.glob("*/*.h5"))

    def gap(self, status=0):
        done = subprocess.run([support.XIBENCH, "gap", self.out, "--format", "json"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stdout == "", status == 2)
        return done

    def test_a_copy_under_any_other_name_is_counted_once(self):
        plain = self.gap().stdout
        (self.out / "z").mkdir()
        shutil.copy(self.files[0], self.out / "z" / "a.h5")
        done = self.gap()
        self.assertIn("is the same run as", done.stderr)
        self.assertEqual(done.stdout, plain)

    def test_two_files_of_one_run_that_say_different_things_are_refused_with_both_named(self):
        other = self.out / "z" / self.files[0].name
        other.parent.mkdir()
        shutil.copy(self.files[0], other)
        with h5py.File(other, "r+") as file:
            file["steps/train_loss"][-1] += 1
            del file["manifest"]
        done = self.gap(status=2)
        for part in (str(self.files[0]), str(other), "same run id and different science", "data set", "library"):
            self.assertIn(part, done.stderr)

    def test_a_file_named_for_another_run_is_not_used(self):
        shutil.copy(self.files[0], self.files[1])
        done = self.gap(status=1)
        self.assertIn(f"not used: {self.files[1]} holds another run", done.stderr)
        self.assertNotIn("same run as", done.stderr)
        self.assertNotIn(self.files[1].stem, done.stdout)

    def test_damage_anywhere_keeps_a_file_out_and_all_commands_agree(self):
        def change_row(file):
            file["steps/train_loss"][-1] = 12

        def change_evaluation(file):
            file["evaluations/suboptimality_mean_model"][-1] = 12

        def change_summary(file):
            file["summary"].attrs.modify("wall_s", 12.0)

        whole = self.files[0].read_bytes()
        for damage in (change_row, change_evaluation, change_summary):
            self.files[0].write_bytes(whole)
            with h5py.File(self.files[0], "r+") as file:
                damage(file)
            self.assertIn(f"not used: {self.files[0]}", self.gap(status=1).stderr)
            for words in (("show", self.files[0]), ("show", "--json", self.files[0]), ("show", "--validate", self.files[0])):
                done = subprocess.run([support.XIBENCH, *words], capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 2, (damage, words, done.stderr))
            done = self.run_to_end(self.folder / "sweep.toml", self.out)  # a damaged file is no result: the run is done again
            self.assertIn("1 done now", done.stderr)
            self.gap()

    def test_a_problem_without_an_accuracy_says_what_to_look_at_instead(self):
        done = subprocess.run([support.XIBENCH, "gap", self.out], capture_output=True, text=True, check=True)
        self.assertIn("these runs have no accuracy", done.stdout)
        self.assertNotIn("run more seeds", done.stdout)


if __name__ == "__main__":
    support.main()
