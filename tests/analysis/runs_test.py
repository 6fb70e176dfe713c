import support

import h5py
import numpy as np

import runs
import synthetic_runs


class ReadingRuns(support.FolderTest):
    def refusal(self, path):
        with self.assertRaises(runs.RunFileError) as caught:
            runs.read_run(path)
        self.assertIn(str(path), str(caught.exception))
        return str(caught.exception)

    def test_a_complete_run_is_read(self):
        run = runs.read_run(synthetic_runs.write_run(self.folder, "ring", 1))

        self.assertEqual((run.seed, run.variants, run.outcome, run.config["train"]["nodes"]), (1, ["ring"], "finished", 16))
        self.assertEqual(len(run.steps["step"]), synthetic_runs.STEPS)
        self.assertEqual([phase["policy"] for phase in run.phases], ["rounds(1)"] * 3)
        self.assertEqual(run.phases[1]["first_step"], synthetic_runs.STEPS // 2)

    def test_a_run_of_two_variants_has_both_names(self):
        path = synthetic_runs.write_run(self.folder, "ring", 2, variant="ring | plain")

        self.assertEqual(runs.read_run(path).variants, ["ring", "plain"])

    def test_another_schema_a_newer_version_and_an_unfinished_run_are_refused(self):
        self.assertIn("schema is 'other'", self.refusal(synthetic_runs.write_run(self.folder, "ring", 1, schema="other")))
        self.assertIn("newer", self.refusal(synthetic_runs.write_run(self.folder, "ring", 2, schema_version=99)))
        self.assertIn("not 'complete'", self.refusal(synthetic_runs.write_run(self.folder, "ring", 3, status="running")))

    def test_half_a_file_and_a_file_of_something_else_are_refused(self):
        path = synthetic_runs.write_run(self.folder, "ring", 1)
        whole = path.read_bytes()
        path.write_bytes(whole[:len(whole) // 2])
        self.assertIn("no readable HDF5 file", self.refusal(path))
        path.write_text("not HDF5")
        self.assertIn("no readable HDF5 file", self.refusal(path))

    def test_a_missing_group_is_named(self):
        path = synthetic_runs.write_run(self.folder, "ring", 1)
        with h5py.File(path, "a") as file:
            del file["steps"]
        self.assertIn("steps", self.refusal(path))

    def test_a_folder_gives_its_good_runs_and_says_what_it_left_out(self):
        synthetic_runs.write_sweep(self.folder / "deep", variants=("ring",))
        (self.folder / "bad.h5").write_text("x")
        found, problems = runs.find_runs([self.folder, self.folder / "nowhere"])

        self.assertEqual([run.seed for run in sorted(found, key=lambda r: r.seed)], [1, 2, 3])
        self.assertEqual(len(problems), 2)

    def test_time_is_judged_by_steps_without_warm_up_evaluation_and_checkpoint(self):
        run = runs.read_run(synthetic_runs.write_run(self.folder, "ring", 1))
        run.steps["flags"][:] = 0
        run.steps["flags"][:4] = [runs.WARMUP, runs.EVALUATION, runs.CHECKPOINT, 8]
        run.steps["wall_s"][:] = 0.5
        run.steps["wall_s"][:3] = 100
        run.steps["samples"][:] = 64

        self.assertEqual(list(runs.timed_steps(run)[:5]), [False, False, False, True, True])
        self.assertEqual(runs.throughput(run), 128)

    def test_the_digest_follows_the_science_and_not_the_clock(self):
        one = runs.read_run(synthetic_runs.write_run(self.folder / "a", "ring", 1))
        again = runs.read_run(synthetic_runs.write_run(self.folder / "b", "ring", 1, speed=0.5, machine_seed=3))
        other = runs.read_run(synthetic_runs.write_run(self.folder / "c", "ring", 2))

        self.assertFalse(np.array_equal(one.steps["wall_s"], again.steps["wall_s"]))
        self.assertEqual(runs.science_digest(one), runs.science_digest(again))
        self.assertNotEqual(runs.science_digest(one), runs.science_digest(other))
        again.steps["train_loss"][7] = np.nextafter(again.steps["train_loss"][7], 9)
        self.assertEqual(runs.science_difference(one, again), ["steps/train_loss"])


if __name__ == "__main__":
    support.main()
