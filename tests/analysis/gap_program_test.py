import support
import json
import subprocess

import gap_twin
import synthetic_runs

support.needs(support.XIBENCH)


class GapProgram(support.FolderTest):
    def gap(self, *arguments):
        return subprocess.run([support.XIBENCH, "gap", *map(str, arguments)], capture_output=True, text=True, check=False)

    def assert_alike(self, ours, theirs, where=""):
        if isinstance(ours, dict):
            for key in ours.keys() - {"why", "resolution"}:
                self.assert_alike(ours[key], theirs[key], f"{where}.{key}")
        elif isinstance(ours, list):
            self.assertEqual(len(ours), len(theirs), where)
            for k, (one, other) in enumerate(zip(ours, theirs)):
                self.assert_alike(one, other, f"{where}[{k}]")
        elif isinstance(ours, float):
            self.assertAlmostEqual(ours, theirs, delta=1e-9 * max(1, abs(ours)), msg=where)  # two ways of adding three numbers
        else:
            self.assertEqual(ours, theirs, where)

    def test_the_program_computes_what_scipy_computes(self):
        synthetic_runs.write_sweep(self.folder / "runs", nodes=(8, 16))
        done = self.gap(self.folder / "runs", "--format", "json")

        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assert_alike(json.loads(json.dumps(gap_twin.gap([self.folder / "runs"]))), json.loads(done.stdout))

    def test_figures_of_kept_runs_are_those_that_their_numbers_can_fill(self):
        done = support.program("draw.py", support.SOURCE / "benchmarks" / "results" / "quickstart", "-o", self.folder / "out", "--xibench", support.XIBENCH)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual({path.stem for path in (self.folder / "out").glob("*.png")},
                         {"gap", "consensus_distance", "accuracy", "accuracy_difference", "accuracy_over_distance", "cost_and_gap"})  # no times, no rounds
        self.assertIn("Of kept runs, the distance at evaluations is known.", (self.folder / "out" / "captions.md").read_text())

    def test_files_that_do_not_say_what_a_policy_measured_leave_it_open_and_the_sum_is_of_their_column(self):
        for path in synthetic_runs.write_sweep(self.folder / "runs"):
            synthetic_runs.make_older(path)
        done = self.gap(self.folder / "runs", "--format", "json")

        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assert_alike(json.loads(json.dumps(gap_twin.gap([self.folder / "runs"]))), json.loads(done.stdout))
        row = json.loads(done.stdout)["groups"][0]["rows"][1]
        self.assertEqual((row["gauge_bytes_sent"], row["gauge_bytes_to_decide"]), (8 * 16 * synthetic_runs.STEPS, None))

    def test_a_diverged_run_has_no_final_accuracy_though_its_file_states_one(self):
        synthetic_runs.write_sweep(self.folder / "runs")
        path = synthetic_runs.write_run(self.folder / "runs", "ring", 2, outcome="diverged")
        done = self.gap(self.folder / "runs", "--format", "json")

        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assert_alike(json.loads(json.dumps(gap_twin.gap([self.folder / "runs"]))), json.loads(done.stdout))
        ring = json.loads(done.stdout)["groups"][0]["rows"][1]
        self.assertEqual((ring["diverged"], ring["accuracy"]["mean"], ring["difference"]["verdict"]), (1, None, "diverged"))
        self.assertIn("| 1 of 3 diverged ", self.gap(self.folder / "runs").stdout)
        shown = subprocess.run([support.XIBENCH, "show", path], capture_output=True, text=True, check=True).stdout
        self.assertIn("there is no final accuracy", shown)
        self.assertIn("accuracy - %", shown)
        shown = subprocess.run([support.XIBENCH, "show", path, "--json"], capture_output=True, text=True, check=True).stdout
        self.assertIsNone(json.loads(shown)["summary"]["final_test_accuracy"])

    def test_the_table_is_printed_and_missing_runs_are_listed(self):
        paths = synthetic_runs.write_sweep(self.folder / "runs")
        paths[-1].unlink()
        done = self.gap(self.folder / "runs")

        self.assertEqual(done.returncode, 0)
        self.assertIn("| ring ", done.stdout)
        self.assertIn("missing: ring, exact in phase 1, seed 3", done.stdout)

    def test_overrides_belong_to_a_sweep_file(self):
        synthetic_runs.write_sweep(self.folder / "runs")
        done = self.gap(self.folder / "runs", "--set", "delta=1")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("--sweep", done.stderr)

    def test_an_unreadable_file_is_named_and_the_rest_is_shown(self):
        synthetic_runs.write_sweep(self.folder / "runs")
        (self.folder / "runs" / "half.h5").write_text("x")
        done = self.gap(self.folder / "runs")

        self.assertEqual(done.returncode, 1)
        self.assertIn("half.h5", done.stderr)
        self.assertIn("| ring ", done.stdout)

    def test_runs_of_two_sweeps_are_refused_with_both_named(self):
        synthetic_runs.write_sweep(self.folder / "runs" / "a", seeds=(1,))
        synthetic_runs.write_sweep(self.folder / "runs" / "b", seeds=(2,), name="another")
        done = self.gap(self.folder / "runs")

        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("different sweeps", done.stderr)
        self.assertIn("another", done.stderr)

    def test_an_empty_folder_is_bad_input(self):
        done = self.gap(self.folder)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("no complete run file", done.stderr)


if __name__ == "__main__":
    support.main()
