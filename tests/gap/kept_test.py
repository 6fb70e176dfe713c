"""Kept files: `xibench gap --keep` writes them, gap, run --kept and analysis/tables.py read them beside run files: kept_test.py SOURCE BUILD."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "run"))
import support  # noqa: E402

support.needs("h5py", "scipy", "matplotlib")
import h5py  # noqa: E402

# Phases that are controlled one at a time, targets that refer to other runs, a contrast, and an arm that diverges.
SWEEP = support.QUADRATIC[:support.QUADRATIC.index("[[variant]]")].replace("seeds = [1]", "seeds = [1, 2]\ndelta = 0.5") + """
[sweep]
"control.in_phase" = [1, 2]
[[variant]]
name = "centralized"
baseline = true
train.algorithm = "centralized"
control.in_phase = 0
[[variant]]
name = "half"
control.policy = "fraction(0.5)"
[[variant]]
name = "plain"
[[variant]]
name = "wild"
train.lr = 1e9
[[contrast]]
arm = "half"
against = "plain"
"""


class Kept(support.SweepTest):
    SWEEP = SWEEP

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        done = subprocess.run(cls.words(cls.sweep, cls.out), capture_output=True, text=True, check=False)
        assert done.returncode == 1 and "diverged" in done.stderr, done.stderr  # that is the wild arm's result
        cls.kept = cls.shared / "runs.json"
        subprocess.run([support.XIBENCH, "gap", cls.out, "--keep", cls.kept], capture_output=True, check=True)

    def gap(self, *words, status=0):
        done = subprocess.run([support.XIBENCH, "gap", *map(str, words)], capture_output=True, text=True, check=False, timeout=300)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def test_the_kept_file_alone_gives_the_tables_byte_for_byte(self):
        for form in ("md", "csv"):
            self.assertEqual(self.gap(self.kept, "--format", form).stdout, self.gap(self.out, "--format", form).stdout)
            self.assertEqual(self.gap(self.kept, "--format", form, "--sweep", self.sweep).stdout, self.gap(self.out, "--format", form, "--sweep", self.sweep).stdout)
        paths = lambda text: re.sub(r'"path": "[^"]*"', '"path": ""', text)
        table = self.gap(self.out, "--format", "json").stdout
        self.assertEqual(paths(self.gap(self.kept, "--format", "json").stdout), paths(table))
        self.assertEqual(sum(row["diverged"] for group in json.loads(table)["groups"] for row in group["rows"] if row["variant"] == "wild"), 4)

    def test_the_kept_file_is_small_sorted_and_stable_and_says_what_each_run_is(self):
        text = self.kept.read_text()
        found = json.loads(text)
        runs = found["runs"]
        files = sorted(self.out.glob("*/*.h5"))
        self.assertEqual(sorted(run["id"] for run in runs), [path.stem for path in files])
        self.assertLess(max(len(line) for line in text.split("\n") if line.startswith('{"id"')), 4096)
        place = lambda run: (run["variant"], list(run["cell"].items()), run["seed"])
        self.assertEqual(list(map(place, runs)), sorted(map(place, runs)))
        digests = self.digests(self.out)
        for run in runs:
            self.assertEqual(run["science_digest"], digests[run["id"]])
            self.assertIn(run["cell"]["control.in_phase"], "*" if run["variant"] == "centralized" else "12")
            self.assertTrue({"version", "host", "cpu", "end"} <= run["provenance"].keys(), run["provenance"])
            self.assertEqual(found["sources"][run["source"]], SWEEP)
        half = next(run for run in runs if run["variant"] == "half")
        with h5py.File(self.out / "quadratic" / f"{half['id']}.h5") as file:
            steps, distance = file["evaluations/step"][()], file["steps/consensus_distance"][()]
            self.assertEqual(half["evaluations"]["step"], steps.tolist())
            self.assertEqual([d for d in half["evaluations"]["consensus_distance"] if d is not None], [distance[s - 1] for s in steps if s > 0])
            self.assertEqual(half["evaluations"]["test_loss_mean_model"], file["evaluations/test_loss_mean_model"][()].tolist())
            self.assertEqual(half["summary"]["wall_s"], file["summary"].attrs["wall_s"])
        again = self.folder / "again.json"
        self.gap(self.out, "--keep", again)
        self.assertEqual(again.read_text(), text)
        self.gap(self.kept, "--keep", again)
        self.assertEqual(again.read_text(), text)

    def test_a_kept_file_grows_by_what_is_new_and_loses_nothing(self):
        some, kept = self.folder / "some", self.folder / "kept.json"
        shutil.copytree(self.out, some)
        files = sorted(some.glob("*/*.h5"))
        for path in files[3:]:
            path.unlink()
        self.gap(some, "--keep", kept)
        self.assertEqual(len(json.loads(kept.read_text())["runs"]), 3)
        for path in files[:3]:
            path.unlink()
        shutil.copy(self.out / "quadratic" / files[3].name, files[3])
        done = self.gap(some, "--keep", kept)
        self.assertIn(f"gap: 4 runs kept in {kept}", done.stderr)
        self.gap(self.out, "--keep", kept)
        self.assertEqual(kept.read_text(), self.kept.read_text())
        self.assertIn("--keep: '", self.gap(self.out, "--keep", self.folder / "kept.txt", status=2).stderr)
        self.gap(self.out, "--keep", self.folder / "nowhere" / "kept.json", status=2)

    def test_a_run_that_is_there_as_file_and_as_kept_counts_once_and_is_said(self):
        done = self.gap(self.out, self.kept)
        self.assertIn(f"gap: {len(json.loads(self.kept.read_text())['runs'])} runs are there as run files and as kept: the same science, counted once", done.stderr)
        self.assertEqual(done.stdout, self.gap(self.out).stdout)
        folder = self.folder / "both"
        shutil.copytree(self.out, folder)
        shutil.copy(self.kept, folder / "kept.json")  # a folder of both is read as both
        self.assertIn("as run files and as kept", self.gap(folder).stderr)

    def changed(self, change, name="changed.json"):
        """The kept file after somebody has changed it."""
        found = json.loads(self.kept.read_text())
        change(found)
        path = self.folder / name
        path.write_text(json.dumps(found))
        return path

    def test_two_results_of_one_run_with_different_science_are_one_clear_error(self):
        out = self.folder / "out"
        shutil.copytree(self.out, out)
        path = next(p for p in sorted(out.glob("*/*.h5")) if h5py.File(p).attrs["variant"] == "plain")
        with h5py.File(path, "r+") as file:
            file["steps/train_loss"][-1] += 1
            del file["manifest"]
        done = self.gap(out, self.kept, status=2)
        self.assertEqual(done.stdout, "")
        for part in (f"{self.kept}: science_digest: of run {path.stem}", str(path), "keep the one that belongs"):
            self.assertIn(part, done.stderr)
        other = self.folder / "other.json"
        self.gap(out, "--keep", other)
        done = self.gap(self.kept, other, status=2)
        for part in (str(self.kept), str(other), "science_digest", path.stem):
            self.assertIn(part, done.stderr)

    def test_what_is_no_kept_file_or_was_changed_is_one_error_with_file_key_and_remedy(self):
        def cases():
            text = self.kept.read_text()
            for name, content in (("short.json", text[:-200]), ("empty.json", ""), ("foreign.json", '{"schema": "xibench-gap"}'), ("list.json", "[1]"),
                                  ("newer.json", text.replace('"schema_version": 1', '"schema_version": 2'))):
                path = self.folder / name
                path.write_text(content)
                yield path, "schema_version" if name == "newer.json" else "schema" if name in ("foreign.json", "list.json") else "is no JSON"
            run = lambda key, value: lambda found: found["runs"][1].update({key: value})
            yield self.changed(run("seed", 7)), "runs[1].checksum"
            yield self.changed(lambda found: found["runs"][1]["summary"].update(wall_s=1.5)), "runs[1].checksum"
            yield self.changed(lambda found: found["runs"][2].pop("config")), "runs[2].checksum"
            yield self.changed(lambda found: found["runs"][2].pop("checksum")), "runs[2]"
            yield self.changed(lambda found: found["runs"].insert(0, 5)), "runs[0]"
            yield self.changed(lambda found: found.pop("runs")), "runs"
            yield self.changed(lambda found: found["sources"].clear()), "sources."
            yield self.changed(lambda found: found["sources"].update({key: "x" for key in found["sources"]})), "sources."

        for path, key in cases():
            for words in (("gap", path), ("run", self.sweep, "--out", self.folder / "out", "--kept", path)):
                done = subprocess.run([support.XIBENCH, *words], capture_output=True, text=True, check=False, timeout=300)
                self.assertEqual((done.returncode, done.stdout), (2, ""), (key, done.stderr))
                self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
                self.assertIn(f"{path}: {key}", done.stderr)
                self.assertRegex(done.stderr, "take the file as it was kept|name a file that xibench gap --keep wrote|use a newer xibench")

    def test_a_place_that_cannot_be_written_is_refused_before_the_runs_are_read_and_a_link_stays_one(self):
        (self.folder / "folder.json").mkdir()
        for place, said in ((self.folder / "no/such.json", "there is no folder"), (self.folder / "folder.json", "is a folder: name a file")):
            done = self.gap(self.out, "--keep", place, status=2)
            self.assertEqual(done.stdout, "")
            self.assertRegex(done.stderr, rf"^xibench: --keep: {re.escape(str(place))}.*{said}")
        link, target = self.folder / "link.json", self.folder / "target.json"
        link.symlink_to(target)
        self.gap(self.out, "--keep", link)
        self.assertTrue(link.is_symlink())
        self.assertEqual(target.read_bytes(), self.kept.read_bytes())

    def test_a_check_counts_what_is_kept_as_complete(self):
        done = self.run_to_end(self.sweep, self.folder / "none", more=("--check", "--kept", self.kept))
        self.assertRegex(done.stderr, r"checked (\d+) runs, \1 complete")
        done = self.run_to_end(self.sweep, self.folder / "none", more=("--check", "--kept", self.folder / "no.json"), status=2)
        self.assertRegex(done.stderr, r"no\.json: .*name a file that xibench gap --keep wrote")

    def test_a_sweep_goes_on_where_the_run_files_are_not(self):
        first = self.folder / "first"
        done = self.run_to_end(self.sweep, first, more=("--stage", "1"), status=1)
        kept = self.folder / "first.json"
        self.gap(first, "--keep", kept)
        whole = self.digests(self.out)
        ways = {"alone": {}, "jobs": {"more": ("--jobs", "2")}} | ({"ranks": {"ranks": 2}} if support.HAS_MPI else {})
        for name, way in ways.items():
            out = self.folder / name
            more = ("--kept", kept, *way.pop("more", ()))
            done = self.run_to_end(self.sweep, out, more=more, status=1, **way)  # 1: the arm that diverged is among the kept
            count, left = len(self.digests(first)), len(whole) - len(self.digests(first))
            self.assertIn(f"{count} of {len(whole)} runs are kept in {kept}: not done again", done.stderr)
            self.assertIn(f"{left} done now, {count - 4} complete before, 4 diverged", done.stderr)
            found = self.digests(out)
            self.assertEqual(found, {key: whole[key] for key in found})  # fraction() refers to the distance that was kept
            self.assertEqual(found.keys(), whole.keys() - self.digests(first).keys())
            self.gap(out, kept, "--sweep", self.sweep)
            self.assertNotIn("missing", self.gap(out, kept, "--sweep", self.sweep).stdout)
        done = self.run_to_end(self.sweep, self.folder / "none", more=("--kept", self.kept), status=1)
        self.assertIn("0 done now", done.stderr)
        self.assertFalse((self.folder / "none").exists())

    def test_tables_are_the_same_from_run_files_and_from_kept_ones(self):
        made = {}
        for name, places in {"files": [self.out], "kept": [self.kept], "both": [self.out, self.kept]}.items():
            folder = self.folder / name
            done = subprocess.run(["/usr/bin/python3", support.SOURCE / "analysis" / "tables.py", *places, "-o", folder, "--xibench", support.XIBENCH],
                                  capture_output=True, text=True, check=False, timeout=300)
            self.assertEqual(done.returncode, 0, done.stderr)
            made[name] = {path.name: path.read_bytes() for path in folder.iterdir()}
        self.assertIn("phase-by-target.md", made["files"])
        self.assertEqual(made["kept"], made["files"])
        self.assertEqual(made["both"], made["files"])
        path = self.changed(lambda found: found["runs"][1].update(seed=7))
        for places, key in (((path,), "runs[1].checksum"), ((self.folder / "no.json",), "there is no such file")):
            done = subprocess.run(["/usr/bin/python3", support.SOURCE / "analysis" / "tables.py", *places, "--xibench", support.XIBENCH], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 2)
            self.assertIn(key, done.stderr)


if __name__ == "__main__":
    support.main()
