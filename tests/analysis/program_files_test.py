"""The analysis of files that the program itself wrote: the invented runs of the other tests must look like these."""

import support
import csv
import os
import subprocess
import sys

import h5py

import run_file
import run_sets
import runs
import synthetic_runs
from script import damage_until_hdf5_crashes

support.needs(support.XIBENCH)

SWEEP = """
name = "quadratic"
seeds = [1]
[data]
dataset = "quadratic(dim = 50, zeta = 2, sigma = 1, steps = 5)"
[model]
name = "none"
[train]
nodes = 4
epochs = 4
batch_size = 1
lr = 0.2
[[variant]]
name = "centralized"
baseline = true
train.algorithm = "centralized"
[[variant]]
name = "dsgd"
[[variant]]
name = "target"
control.policy = "target(0.3)"
"""


class ProgramFiles(support.FolderTest):
    def launch(self, name):
        spec = self.folder / "sweep.toml"
        spec.write_text(SWEEP)
        done = subprocess.run([support.XIBENCH, "run", spec, "--all", "--out", self.folder / name, "--threads", "1", "--progress", "none"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.folder / name

    def analysis(self, program, *arguments):
        return subprocess.run([sys.executable, support.SOURCE / "analysis" / program, *map(str, arguments)], capture_output=True, text=True,
                              check=False, timeout=300)

    def report(self, *places):
        return self.analysis("report.py", *places, "-o", self.folder / "report", "--xibench", support.XIBENCH)

    def test_two_launches_are_compared_cell_by_cell(self):
        done = self.analysis("regress.py", self.launch("old"), self.launch("new"), "--threshold", 99)
        self.assertEqual((done.returncode, done.stderr), (3, ""), done.stdout)  # one launch a side shows nothing
        self.assertIn("compared 3 of 3 cells: cannot tell", done.stdout)
        self.assertIn("science: 3 runs the same bits, 0 not", done.stdout)
        self.assertIn("ranks 1, threads 1", done.stdout)

    def test_files_that_have_a_line_per_rank_in_place_of_their_number_are_compared_with_those_of_today(self):
        old, new = self.launch("old"), self.launch("new")
        for path in old.rglob("*.h5"):
            with h5py.File(path, "r+") as file:
                lines = file["provenance/rank_facts"][()]
                del file["manifest"], file["provenance"].attrs["ranks"], file["provenance/rank_facts"]
                file["provenance/ranks"] = lines
        done = self.analysis("regress.py", old, new, "--threshold", 99)
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn("compared 3 of 3 cells: cannot tell", done.stdout)

    def test_runs_of_a_problem_with_known_constants_become_a_report(self):
        done = self.report(self.launch("runs"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertTrue((self.folder / "report" / "consensus_distance.svg").is_file())
        found, _ = run_sets.find_runs([self.folder / "runs"])
        self.assertEqual([run.problem.keys() for run in found], [{"L", "mu", "sigma2", "zeta2", "optimum"}] * 3)
        self.assertEqual({run.provenance["ranks"] for run in found}, {"1"})
        self.assertTrue(all(run.provenance["rank_facts"].startswith("rank 0: host ") for run in found))

    def test_a_value_that_was_changed_is_refused_by_the_name_of_its_file_and_of_the_value(self):
        def change_column(file):
            file["steps/train_loss"][3] += 1

        def change_attribute(file):
            file["summary"].attrs.modify("total_rounds", file["summary"].attrs["total_rounds"] + 1)

        def change_text(file):
            file["provenance/rank_facts"][()] = "rank 0: elsewhere\n"

        def remove(file):
            del file["nodes/train_loss"]

        def truncate_manifest(file):
            file["manifest"][()] = "0123"

        path = sorted(self.launch("runs").rglob("*.h5"))[0]
        whole = path.read_bytes()
        for change, what in ((change_column, "/steps/train_loss"), (change_attribute, "/summary@total_rounds"), (change_text, "/provenance/rank_facts"),
                             (remove, "/nodes/train_loss"), (truncate_manifest, "/manifest")):
            with self.subTest(what):
                path.write_bytes(whole)
                with h5py.File(path, "r+") as file:
                    change(file)
                with self.assertRaisesRegex(run_file.RunFileError, f"{path.name}: {what} is not what was written"):
                    runs.read_run(path)
        path.write_bytes(whole)
        with h5py.File(path, "r+") as file:
            change_column(file)
        self.assertEqual(self.analysis("regress.py", path.parent, path.parent).returncode, 2)
        done = self.report(path.parent)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{path.name}: /steps/train_loss is not what was written", done.stderr)
        self.assertIn(path.name, (self.folder / "report" / "index.html").read_text())
        with open(self.folder / "report" / "gap.csv", encoding="utf-8") as table:
            self.assertEqual(len(list(csv.DictReader(table))), 2)  # the third run is in none of the numbers

    def test_what_others_added_and_files_without_a_manifest_are_read(self):
        path = next(self.launch("runs").rglob("*.h5"))
        with h5py.File(path, "r+") as file:
            file["steps/mine"], file["notes/text"] = file["steps/step"][()], "seen"
        self.assertIn("mine", runs.read_run(path).steps)
        with h5py.File(path, "r+") as file:
            del file["manifest"]
            file["steps/train_loss"][3] += 1
        runs.read_run(path)

    def test_a_file_that_crashes_hdf5_is_left_out_by_name(self):
        folder = self.launch("runs")
        path = sorted(folder.rglob("*.h5"))[0]
        damage_until_hdf5_crashes(path)
        done = self.report(folder)
        self.assertEqual((done.returncode, done.stderr.count("\n")), (1, 1), done.stderr)
        self.assertRegex(done.stderr, rf"^report: {path}: .*damaged")
        self.assertEqual(len(run_sets.find_runs([folder])[0]), 2)

    def test_a_pipe_among_the_files_is_named_and_not_waited_for(self):
        folder = self.launch("runs")
        os.mkfifo(folder / "quadratic" / "pipe.h5")
        done = self.report(folder)
        self.assertEqual(done.returncode, 1)
        self.assertIn("pipe.h5: is not a regular file: leave it out", done.stderr)

    def test_invented_runs_have_the_groups_hints_and_facts_of_real_ones(self):
        invented = synthetic_runs.write_run(self.folder / "invented", "ring", 1)
        real = next(self.launch("runs").rglob("*.h5"))
        with h5py.File(invented) as ours, h5py.File(real) as theirs:
            groups = ["/"]
            ours.visititems(lambda name, item: groups.append(name) if isinstance(item, h5py.Group) else None)
            self.assertGreater(len(groups), 8)
            for name in groups:
                self.assertEqual(ours[name].attrs.get("NX_class"), theirs[name].attrs["NX_class"], name)
                self.assertEqual(ours[name].attrs.keys() - theirs[name].attrs.keys() - {f"mean_consensus_distance_phase_{k}" for k in (2, 3)}, set(), name)
            names = []
            ours.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
            of_accuracy = {"evaluations/test_accuracy_nodes"}  # the invented runs have one, the quadratic has not
            self.assertEqual([name for name in names if name not in theirs and name not in of_accuracy], [])
        facts = runs.read_run(invented).provenance, runs.read_run(real).provenance
        self.assertEqual([(f["ranks"], f["rank_facts"].count("\n")) for f in facts], [("1", 1), ("1", 1)])


if __name__ == "__main__":
    support.main()
