import support
import csv
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

import gap_twin
import run_sets
import synthetic_runs
import table_formats
import tables


class Tables(support.FolderTest):
    def made(self, **options):
        synthetic_runs.write_sweep(self.folder / "runs", **options)
        self.found, problems = run_sets.find_runs([self.folder / "runs"])
        self.assertEqual(problems, [])
        self.table = gap_twin.gap([self.folder / "runs"])
        return self.again()

    def again(self):
        return {table.name: table for table in tables.tables_of(self.found, self.table)}

    def test_each_n_and_topology_has_its_difference(self):
        made = self.made(nodes=(8, 16))["gap-by-nodes-and-topology"]
        self.assertEqual(made.head, ["variant", "topology", "n = 8", "n = 16"])
        ring = next(row for row in made.rows if row[0] == "ring")
        of = {group["axes"]["train.nodes"]: next(row for row in group["rows"] if row["variant"] == "ring") for group in self.table["groups"]}
        for text, nodes in zip(ring[2:], ("8", "16")):
            shown = of[nodes]["difference"]
            low, high = shown["interval_95"]
            words = {"no gap larger than delta": "no gap"}
            mark = " *" if shown["verdict_of_table"] == shown["verdict"] != "undecided" else ""
            self.assertEqual(text.replace("−", "-"), f"{shown['mean']:+.2f} [{low:+.2f}, {high:+.2f}] {words.get(shown['verdict'], shown['verdict'])}{mark}")

    def test_an_axis_that_follows_n_is_told_once_and_splits_no_row(self):
        self.made(nodes=(8, 16))
        for group, lr in zip(self.table["groups"], ("0.2", "0.4")):
            group["axes"]["train.lr"] = lr
        made = self.again()["gap-by-nodes-and-topology"]
        self.assertEqual((made.head, len(made.rows)), (["variant", "topology", "n = 8", "n = 16"], len(synthetic_runs.VARIANTS)))
        self.assertNotIn("–", {row[3] for row in made.rows})
        self.assertIn("By nodes: lr = 0.2, 0.4", made.notes)

    def test_rounds_bytes_and_seconds_stand_beside_accuracy(self):
        made = self.made()["cost"]
        ring = dict(zip(made.head, next(row for row in made.rows if row[0] == "ring")))
        gap = next(row for row in self.table["groups"][0]["rows"] if row["variant"] == "ring")
        self.assertEqual(ring["rounds"], f"{gap['rounds']:.0f}")
        self.assertEqual(ring["sent"], f"{gap['bytes_sent'] / 1e9:.3g} GB")
        self.assertEqual(ring["modelled s"], "–" if gap["modelled_s"] is None else f"{gap['modelled_s']:.3g}")
        record = next(row for row in made.records if row["variant"] == "ring")
        self.assertEqual((record["bytes_sent"], record["p_table"]), (gap["bytes_sent"], gap["difference"]["p_table"]))

    def test_a_partition_has_a_column(self):
        self.made(seeds=(1, 2))
        self.assertNotIn("algorithm-by-heterogeneity", self.again())
        for run in self.found:
            if run.variants == ["exponential"]:
                run.config["data"]["partition"] = "dirichlet(0.1)"
        made = self.again()["algorithm-by-heterogeneity"]
        self.assertEqual(made.head, ["variant", "iid", "dirichlet(0.1)"])
        self.assertEqual([row[0] for row in made.rows if row[2] != "–"], ["exponential"])

    def in_phases(self):
        """The runs of a sweep as if it controlled phase 1 or 2: the exponential graph stands for a target, the ring for plain D-SGD."""
        self.made()
        group = self.table["groups"][0]
        both = []
        for phase in ("1", "2"):
            rows = [row | {"variant": {"ring": "D-SGD", "exponential": "1/2 Xi_max"}.get(row["variant"], row["variant"])} for row in group["rows"] if "exact" not in row["variant"]]
            if phase == "2":
                rows = [row for row in rows if row["variant"] != "1/2 Xi_max"]
            both.append(group | {"axes": {"control.in_phase": phase}, "rows": rows})
        self.table["groups"] = both
        self.table["missing"] = [{"axes": {"control.in_phase": "2"}, "variant": "1/2 Xi_max", "seed": seed} for seed in (1, 2, 3)]
        return self.again()["phase-by-target"]

    def test_targets_stand_in_a_group_per_phase_and_baselines_once(self):
        made = self.in_phases()
        self.assertEqual(made.head, ["nodes", "", "centralized", "D-SGD", "1/2 Ξ_max", "1/2 Ξ_max"])
        self.assertEqual(made.groups, [("", 4), ("control in phase 1", 1), ("control in phase 2", 1)])
        value, difference = made.rows[:2]
        self.assertEqual((value[0], difference[0], value[-1], difference[-1]), ("16", "", "missing", "–"))
        gap = next(row for row in self.table["groups"][0]["rows"] if row["variant"] == "1/2 Xi_max")
        low, high = gap["difference"]["interval_95"]
        self.assertEqual(value[4], f"{gap['accuracy']['mean']:.2f} ± {gap['accuracy']['sd']:.2f}")
        self.assertEqual(difference[4].replace("−", "-"), f"{gap['difference']['mean']:+.2f} ± {(high - low) / 2:.2f}")
        self.assertIn(r"\multicolumn{1}{c}{control in phase 2}", table_formats.as_latex(made))

    def test_what_is_missing_diverged_or_stopped_is_shown(self):
        self.made()
        row = self.table["groups"][0]["rows"][1]
        row["diverged"], row["accuracy"], row["difference"] = 1, {"n": 2, "mean": None, "sd": None}, row["difference"] | {"mean": None, "interval_95": [None, None], "verdict": "diverged"}
        self.table["missing"] = [{"axes": self.table["groups"][0]["axes"], "variant": "torus", "seed": seed} for seed in (1, 2)]
        made = self.again()["cost"]
        shown = {row[0]: row for row in made.rows}
        self.assertEqual(shown["ring"][1], "1 of 3 diverged")
        self.assertTrue(shown["ring"][4].endswith("†"))
        self.assertEqual(shown["torus"][1], "missing: 2 runs")
        self.assertIn("Missing: 2 runs of 1 arms", made.notes)
        (self.folder / "runs" / "beat.json").write_text(json.dumps({"schema": "xibench-heartbeat", "run_id": "feed", "variant": "torus", "seed": 1, "state": "failed",
                                                                    "error": "no memory", "step": 3, "steps": 9}))
        os.mkfifo(self.folder / "runs" / "pipe.json")  # nobody writes into it
        (self.folder / "runs" / "deep.json").write_text("[" * 100_000)
        self.assertEqual(tables.unfinished([self.folder / "runs"], self.found), ["Not finished: torus, seed 1: failed (no memory) at step 3 of 9"])
        (self.folder / "linked").mkdir()
        (self.folder / "linked" / "runs").symlink_to(self.folder / "runs")
        self.assertEqual(len(tables.unfinished([self.folder / "linked"], self.found)), 1)

    def test_published_values_have_their_status(self):
        self.made()
        self.assertNotIn("published", self.again())
        self.table["groups"][0]["rows"][1]["published"] = {"accuracy": 91.74, "spread": 0.15, "status": "secondary"}
        row = self.again()["published"].rows
        self.assertEqual(len(row), 1)
        self.assertEqual(row[0][2:4], ["91.74 ± 0.15", "secondary"])

    def test_names_are_escaped_in_each_format(self):
        table = table_formats.Table("t", "50 % & more", ["a_b", "n"], [["x|y $z$ {q}", "1"]], [])
        self.assertIn(r"x\textbar{}y \$z\$ \{q\} & 1 \\", table_formats.as_latex(table))
        self.assertIn(r"| x\|y \$z\$ {q} | 1 |", table_formats.as_markdown(table))
        self.assertEqual(table_formats.latex("1/2 Xi_max, Ξ_max"), r"1/2 Xi\_max, $\Xi_{\max}$")
        self.assertIn("節 need xelatex", table_formats.as_latex(table_formats.Table("t", "節", ["a"], [["1"]], [])))

    def test_files_are_written_and_csv_holds_each_arm(self):
        made = self.made(seeds=(1, 2))
        tables.write(list(made.values()), self.folder / "out")
        with open(self.folder / "out" / "cost.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([row["variant"] for row in rows], list(synthetic_runs.VARIANTS))
        self.assertEqual({path.suffix for path in (self.folder / "out").iterdir()}, {".md", ".csv", ".tex"})

    @unittest.skipUnless(shutil.which("pdflatex"), "pdflatex is not installed")
    def test_latex_compiles(self):
        made = [*self.made(nodes=(8, 16)).values()]
        made += [self.in_phases()]
        tables.write(made, self.folder / "out")
        done = subprocess.run(["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "tables.tex"], cwd=self.folder / "out", capture_output=True, text=True, errors="replace")
        self.assertEqual(done.returncode, 0, done.stdout[-1500:])
        self.assertNotIn("Overfull", done.stdout)
        self.assertTrue((self.folder / "out" / "tables.pdf").read_bytes().startswith(b"%PDF"))

    def test_the_program_says_what_it_cannot_use(self):
        twin = self.folder / "xibench"  # started by this interpreter
        twin.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{support.SOURCE / "tests" / "analysis" / "gap_twin.py"}" "$@"\n')
        twin.chmod(0o755)
        program = [sys.executable, support.SOURCE / "analysis" / "tables.py", "--xibench", twin]
        synthetic_runs.write_sweep(self.folder / "runs", seeds=(1, 2))
        done = subprocess.run([*program, self.folder / "runs"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("**synthetic: test accuracy and what it took**", done.stdout)
        self.assertTrue(re.search(r"^\| ring \|", done.stdout, re.M))
        done = subprocess.run([*program, self.folder / "none"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("there is no such file or directory", done.stderr)


if __name__ == "__main__":
    support.main()
