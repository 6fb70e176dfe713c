import support
import errno
import json
import os
import shutil
import subprocess
import sys
import unittest
import unittest.mock

import h5py
import numpy as np

import messages
import run_file
import run_sets
import runs
import synthetic_runs


class ReadingRuns(support.FolderTest):
    def refusal(self, path):
        with self.assertRaises(run_file.RunFileError) as caught:
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

    def test_what_is_locked_elsewhere_is_read(self):
        path = synthetic_runs.write_run(self.folder, "ring", 1)
        with h5py.File(path, "r+"):
            reading = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(support.SOURCE / 'analysis')!r}); import runs; print(runs.read_run({str(path)!r}).seed)"]
            for locking in ("TRUE", ""):
                done = subprocess.run(reading, capture_output=True, text=True, check=False, env={**os.environ, "HDF5_USE_FILE_LOCKING": locking})
                self.assertEqual(done.stdout, "1\n", done.stderr)

    def test_what_cannot_be_read_is_not_called_damaged(self):
        path = synthetic_runs.write_run(self.folder, "ring", 1)
        whole = path.read_bytes()
        with unittest.mock.patch("builtins.open", side_effect=OSError(errno.EIO, os.strerror(errno.EIO))):
            os.truncate(path, len(whole) // 2)
            self.assertRegex(self.refusal(path), r"cannot be read \(Input/output error\): make it readable")
        self.assertRegex(self.refusal(path), "damaged.*remove it and run it again")
        path.write_bytes(whole)
        self.assertEqual(runs.read_run(path).seed, 1)

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "takes root, to be another user")
    def test_rights_that_are_missing_are_said(self):
        path = synthetic_runs.write_run(self.folder / "deep", "ring", 1)
        self.folder.chmod(0o755)
        script = f"import sys; sys.path.insert(0, {str(support.SOURCE / 'analysis')!r}); import run_sets; print(run_sets.find_runs([{str(self.folder)!r}])[1])"
        command = ["setpriv", "--reuid=65534", "--clear-groups", sys.executable, "-c", script]
        if subprocess.run(["setpriv", "--reuid=65534", "--clear-groups", "test", "-r", support.SOURCE / "analysis" / "runs.py"], check=False).returncode != 0:
            self.skipTest("another user cannot get at the sources")
        for closed, said in ((path, "Permission denied): make it readable"), (path.parent, "the folder cannot be listed (Permission denied)")):
            closed.chmod(0)
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            closed.chmod(0o755)
            self.assertIn(said, done.stdout, done.stderr)

    def test_what_is_no_regular_file_is_named_and_not_waited_for(self):
        os.mkfifo(self.folder / "pipe.h5")
        (self.folder / "loop.h5").symlink_to("loop.h5")
        (self.folder / "gone.h5").symlink_to("nowhere")
        found, problems = run_sets.find_runs([self.folder, self.folder / ("x" * 300)])
        self.assertEqual(found, [])
        for name, what in (("pipe.h5", "is not a regular file"), ("loop.h5", "Too many levels"), ("gone.h5", "is a link to nowhere, which is not there"), ("xxx", "too long")):
            self.assertTrue(any(name in line and what in line for line in problems), problems)

    def test_bytes_that_are_no_utf8_are_odd_and_not_damage(self):
        path = synthetic_runs.write_run(self.folder, "ring", 1)
        with h5py.File(path, "r+") as file:
            file["provenance/environment"] = np.bytes_(b"OMPI_MCA_note=caf\xe9").astype(h5py.string_dtype())
            file["provenance"].attrs.create("host", b"h\xe9", dtype=h5py.string_dtype())
        run = runs.read_run(path)
        self.assertEqual((run.provenance["environment"], run.provenance["host"]), (r"OMPI_MCA_note=caf\xe9", r"h\xe9"))
        self.assertEqual(run.odd, ["/provenance/environment", "/provenance/host"])

    def test_a_copy_is_no_second_launch_and_a_launch_is_no_copy(self):
        path = synthetic_runs.write_run(self.folder / "a", "ring", 1)
        shutil.copy(path, self.folder / "a" / "copy.h5")
        synthetic_runs.write_run(self.folder / "b", "ring", 1, machine_seed=1)
        found, _ = run_sets.find_runs([self.folder, self.folder / "a"])
        self.assertEqual(len(found), 5)
        kept, copies = run_sets.without_copies(found)
        self.assertEqual((len(kept), copies), (2, 3))
        self.assertEqual((len(run_sets.one_per_run(found)[0]), run_sets.one_per_run(found)[1]), (1, 4))
        kept[1].steps["train_loss"][3] += 1
        with self.assertRaisesRegex(run_file.RunFileError, "same run id and different science"):
            run_sets.one_per_run(kept)

    def test_the_file_says_which_columns_are_science_and_which_are_parts_of_a_step(self):
        one, other = (runs.read_run(synthetic_runs.write_run(self.folder / name, "ring", 1)) for name in "ab")
        for path, value in ((one.path, 1.0), (other.path, 2.0)):
            with h5py.File(path, "r+") as file:
                for key in ("weather", "gradient_noise"):
                    file[f"steps/{key}"] = np.full(synthetic_runs.STEPS, value)
                    file[f"steps/{key}"].attrs["science"] = np.uint8(key == "gradient_noise")
                for key in ("compute_s", "fetch_s"):
                    file.require_dataset(f"steps/{key}", (synthetic_runs.STEPS,), "f8").attrs["part_of"] = "wall_s"
        one, other = runs.read_run(one.path), runs.read_run(other.path)
        self.assertEqual(run_sets.science_difference(one, other), ["steps/gradient_noise"])
        self.assertEqual(one.parts, ["compute_s", "fetch_s"])
        self.assertLessEqual({"steps/wall_s", "steps/weather", "evaluations/train_seconds"}, one.not_science)  # wall_s: as files without attributes have it

    def test_what_a_terminal_would_obey_is_escaped(self):
        self.assertEqual(messages.printable("a\nb\x1b[2J\u202e\ufeff\x85\udce9é 你"), r"a\x0ab\x1b[2J\xe2\x80\xae\xef\xbb\xbf\xc2\x85\xe9é 你")

    def test_what_others_added_without_a_value_or_of_odd_types_is_passed_over(self):
        path = synthetic_runs.write_run(self.folder, "ring", 1)
        before = runs.read_run(path)
        with h5py.File(path, "a") as file:
            for group in ("evaluations", "provenance", "phases"):
                file[f"{group}/nowhere"] = h5py.SoftLink("/nothing")
                file[f"{group}/elsewhere"] = h5py.ExternalLink("gone.h5", "/x")
            for group in ("summary", "provenance"):
                file[group].attrs["nothing"] = h5py.Empty("f8")
                file[group].attrs.create("triple", np.zeros(3), dtype=np.dtype(("f8", (3,))))
            file.create_dataset("provenance/pairs", (2,), dtype=np.dtype(("i4", (2,))))
        after = runs.read_run(path)
        self.assertEqual(*(repr((run.summary, run.provenance, run.phases, run.evaluations)) for run in (after, before)))  # a text, where NaN equals NaN
        with h5py.File(path, "a") as file:
            file["steps/nothing"] = h5py.Empty("f8")
        self.assertIn("a dataset has no value", self.refusal(path))

    def test_values_of_another_kind_are_damage(self):
        def number_for_a_text(file):
            file.attrs["variant"] = 5

        def table_for_a_group(file):
            del file["steps"]
            file["steps"] = [1.0]

        def number_for_a_table(file):
            del file["phases"]
            file["phases"] = 3

        for damage in (number_for_a_text, table_for_a_group, number_for_a_table):
            path = synthetic_runs.write_run(self.folder, "ring", 1)  # without a manifest, as earlier versions left it
            with h5py.File(path, "a") as file:
                damage(file)
            self.assertIn("damaged, ", self.refusal(path))

    def test_a_missing_group_or_column_is_named(self):
        for seed, name in enumerate(("steps", "evaluations", "steps/lr", "steps/consensus_distance", "evaluations/epoch")):
            path = synthetic_runs.write_run(self.folder, "ring", seed)
            with h5py.File(path, "a") as file:
                del file[name]
            self.assertRegex(self.refusal(path), rf"incomplete run file \(.*{name}")

    def test_a_damaged_kept_file_is_refused_by_name(self):
        path, whole = self.folder / "x_kept.json", json.loads((support.SOURCE / "benchmarks" / "results" / "quickstart" / "kept.json").read_text())
        whole["runs"] = whole["runs"][:1]

        def refusal(text):
            path.write_text(text)
            found, problems = run_sets.find_runs([self.folder], with_kept=True)
            self.assertEqual((found, len(problems)), ([], 1), text[:100])
            self.assertIn(f"{path}: ", problems[0])
            return problems[0]

        for damage in ({"evaluations": [1]}, {"summary": []}, {"variant": 5}, {"phases": [1]}, {"id": []}, {"sweep": None}, {"source": "none"}, {"evaluations": {"step": [10**400]}},
                       {"evaluations": {"step": [1], "consensus_distance": []}}):
            self.assertIn("runs: no whole list of runs", refusal(json.dumps(whole | {"runs": [whole["runs"][0] | damage]})))
        for version in (0, -1, 2, True, None, "1"):
            self.assertIn("schema_version: ", refusal(json.dumps(whole | {"schema_version": version})))
        self.assertIn("is no JSON", refusal("[" * 100_000 + "]" * 100_000))
        path.unlink()
        os.mkfifo(path)
        self.assertEqual(run_sets.find_runs([self.folder], with_kept=True), ([], [f"{path}: is not a regular file: leave it out"]))

    def test_a_folder_gives_its_good_runs_and_says_what_it_left_out(self):
        synthetic_runs.write_sweep(self.folder / "deep", variants=("ring",))
        (self.folder / "bad.h5").write_text("x")
        found, problems = run_sets.find_runs([self.folder, self.folder / "nowhere"])

        self.assertEqual([run.seed for run in sorted(found, key=lambda r: r.seed)], [1, 2, 3])
        self.assertEqual(len(problems), 2)

    def test_folders_behind_links_are_searched_once(self):
        path = synthetic_runs.write_run(self.folder / "real", "ring", 1)
        searched = self.folder / "searched"
        searched.mkdir()
        for name in ("linked", "linked too"):
            (searched / name).symlink_to(path.parent)
        (path.parent / "loop").symlink_to("..")
        found, problems = run_sets.find_runs([searched])
        self.assertEqual(([run.path for run in found], problems), ([searched / "linked" / path.name], []))
        (self.folder / "real" / "again").symlink_to(".")
        self.assertEqual(len(run_sets.find_runs([self.folder])[0]), 1)

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
        self.assertEqual(run_sets.rows_digest(one), run_sets.rows_digest(again))
        self.assertNotEqual(run_sets.rows_digest(one), run_sets.rows_digest(other))
        again.steps["train_loss"][7] = np.nextafter(again.steps["train_loss"][7], 9)
        self.assertEqual(run_sets.science_difference(one, again), ["steps/train_loss"])


if __name__ == "__main__":
    support.main()
