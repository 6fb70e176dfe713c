import support
import csv
import html
import re
import sys
import unittest.mock

import h5py

import cells
import gap_twin
import run_sets
import synthetic_runs
from page import effects, gap_table, notes

TWIN = support.SOURCE / "tests" / "analysis" / "gap_twin.py"


class Report(support.FolderTest):
    def report(self, *places, program=None):
        if program is None:  # the twin, started by this interpreter
            program = self.folder / "xibench"
            program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{TWIN}" "$@"\n')
            program.chmod(0o755)
        return support.program("report.py", *places, "-o", self.folder / "out", "--xibench", program)

    def table(self, made, table):
        """HTML of the gap table."""
        metric = effects.metric_of(cells.unique_runs(made))
        return gap_table.table_html(made, effects.effects_of(made, table["delta"], metric), {v: k for k, v in enumerate(cells.variants_of(made))}, metric)

    def test_a_program_that_is_not_xibench_is_refused_in_one_line(self):
        synthetic_runs.write_sweep(self.folder / "runs", seeds=(1,))
        other = self.folder / "other"
        for printed in ("hello", "[]", "[" * 100_000):
            other.write_text(f"#!/bin/sh\necho '{printed}'\n")
            other.chmod(0o755)
            done = self.report(self.folder / "runs", program=other)
            self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1), done.stderr[:2000])
            self.assertIn(f"report: {other} printed ", done.stderr)
            self.assertIn("so it is not the program xibench: name that with --xibench", done.stderr)

    def test_a_sweep_becomes_a_page_that_needs_nothing_else(self):
        synthetic_runs.write_sweep(self.folder / "runs", nodes=(8, 16))
        done = self.report(self.folder / "runs")

        self.assertEqual((done.returncode, done.stderr), (0, ""))
        page = (self.folder / "out" / "index.html").read_text()
        self.assertEqual(re.findall(r"https?://\S*", page), ["https://github.com/leeoniya/uPlot"])  # where the drawing library comes from
        self.assertNotRegex(page, r"<(iframe|img|script[^>]* src)\b")
        self.assertEqual(re.findall("<link[^>]*>", page), ['<link rel="icon" href="data:,">'])  # else a browser asks for one
        for target in re.findall(r'(?:href|src)="(?!data:|#)([^"]+)"', page):
            self.assertTrue((self.folder / "out" / target).is_file(), target)
        for words in ("ring, exact in phase 1", "no gap larger than 0.5", "delta = 0.5", "a processor", "nodes", ">measured<", ">to decide<", ">messages<", ">modelled<", "<h3>Contrasts</h3>", "<h2>Gap against n</h2>", "<h2>Time</h2>", 'class="forest narrow"',
                      "share of the gap closed", "50 µs per message and 1.25 GB/s"):
            self.assertIn(words, page)
        for figure in ("gap", "consensus_distance", "accuracy", "accuracy_difference", "cost_and_gap", "accuracy_over_distance", "gap_over_nodes", "time_to_accuracy", "where_time_goes"):
            self.assertIn(f'href="{figure}.svg"', page)  # all that these runs can fill: they have one round per step and one partition
        self.assertEqual([name for name in ("rounds", "heterogeneity") if f"{name}.svg" in page], [])
        with open(self.folder / "out" / "contrasts.csv", encoding="utf-8") as file:
            contrasts = list(csv.DictReader(file))
        self.assertEqual([(row["train.nodes"], row["arm"], row["against"], row["verdict_of_table"]) for row in contrasts],
                         [(nodes, "ring, exact in phase 1", "ring", "gap") for nodes in ("8", "16")])
        self.assertEqual(page.count(">better *</span>"), 2)
        self.assertLess(float(contrasts[0]["share_95_low"]), float(contrasts[0]["share_closed"]))

    def test_a_part_of_a_step_that_is_new_is_drawn_and_in_the_table(self):
        for path in synthetic_runs.write_sweep(self.folder / "runs", seeds=(1,)):
            with h5py.File(path, "r+") as file:
                file["steps/pack_s"] = 0.1 * file["steps/wall_s"][()]
                for part in ("data", "compute", "update", "mix", "gauge", "record", "wait", "pack"):
                    file[f"steps/{part}_s"].attrs["part_of"] = "wall_s"
                file["steps/compute_s"][...] -= file["steps/pack_s"][()]
        self.report(self.folder / "runs")
        with open(self.folder / "out" / "step_time_ms.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            self.assertGreater(float(row["pack"]), 0)
        page = (self.folder / "out" / "index.html").read_text()
        self.assertIn("</i>pack</span>", page)
        self.assertIn("<!-- pack -->", (self.folder / "out" / "where_time_goes.svg").read_text())

    def test_distances_that_are_not_exact_are_marked(self):
        synthetic_runs.write_sweep(self.folder / "runs", seeds=(1,))
        table = gap_twin.gap([self.folder / "runs"])
        ring = table["groups"][0]["rows"][1]
        made = cells.cells_of(table, run_sets.find_runs([self.folder / "runs"])[0])
        shown = lambda: self.table(made, table)
        self.assertNotIn("‡", shown() + notes.notes(table, None))
        for gauge, every in (("sketch(64)", 1), ("exact", 10)):
            ring["distance_gauge"], ring["distance_measured_every"] = gauge, every
            self.assertEqual(shown().count(" ‡"), 3)
            self.assertIn("‡: estimated by a gauge", notes.notes(table, None))

    def test_a_row_with_a_diverged_run_says_so_and_has_no_final_accuracy_anywhere(self):
        synthetic_runs.write_sweep(self.folder / "runs")
        path = synthetic_runs.write_run(self.folder / "runs", "ring", 2, outcome="diverged")
        done = self.report(self.folder / "runs")

        self.assertEqual((done.returncode, done.stderr), (0, ""))
        page = (self.folder / "out" / "index.html").read_text()
        row = next(line for line in page.splitlines() if 'data-l="variant">ring</td>' in line)
        self.assertRegex(row, r'data-l="variant">ring</td><td class="text word" data-l="verdict"[^>]*><span class="gap"[^>]*>1 of 3 diverged</span></td>')
        self.assertEqual(row.count(" †"), 5)  # sent, wall, rounds, measured, to decide: what these files hold
        self.assertTrue("<!-- 1 of 3 diverged -->" in (self.folder / "out" / "gap.svg").read_text())
        with open(self.folder / "out" / "runs.csv", encoding="utf-8") as file:
            run = next(row for row in csv.DictReader(file) if row["run_id"] == path.stem)
        self.assertEqual((run["outcome"], run["final_test_accuracy"], run["final_test_accuracy_nodes_min"]), ("diverged", "", ""))
        with open(self.folder / "out" / "gap.csv", encoding="utf-8") as file:
            ring = next(row for row in csv.DictReader(file) if row["variant"] == "ring")
        self.assertEqual((ring["verdict"], ring["accuracy_mean_percent"], ring["truncated_runs"]), ("diverged", "", "1"))

    def test_the_tables_hold_the_numbers_of_the_json(self):
        synthetic_runs.write_sweep(self.folder / "runs")
        self.report(self.folder / "runs")

        with open(self.folder / "out" / "gap.csv", encoding="utf-8") as file:
            rows = {row["variant"]: row for row in csv.DictReader(file)}
        self.assertEqual(list(rows), list(synthetic_runs.VARIANTS))
        self.assertEqual(rows["ring"]["verdict"], "gap")
        self.assertEqual(rows["centralized"]["difference_points"], "")
        self.assertEqual(float(rows["ring"]["gauge_bytes_sent"]), 8 * 16 * synthetic_runs.STEPS)
        self.assertEqual(float(rows["ring"]["gauge_bytes_to_decide"]), 3 * 16 * synthetic_runs.STEPS)
        self.assertEqual(rows["ring"]["published_difference_points"], "")
        self.assertAlmostEqual(float(rows["ring"]["accuracy_mean_percent"]) - float(rows["centralized"]["accuracy_mean_percent"]),
                               float(rows["ring"]["difference_points"]), places=9)
        with open(self.folder / "out" / "runs.csv", encoding="utf-8") as file:
            self.assertEqual(len(list(csv.DictReader(file))), 12)
        with open(self.folder / "out" / "evaluations.csv", encoding="utf-8") as file:
            evaluations = list(csv.DictReader(file))
        with open(self.folder / "out" / "phases.csv", encoding="utf-8") as file:
            phases = list(csv.DictReader(file))
        self.assertEqual((len(evaluations), len(phases)), (12 * synthetic_runs.EPOCHS, 12 * 3))
        for table, per_run in ((evaluations, synthetic_runs.EPOCHS), (phases, 3)):
            self.assertEqual({name: sum(row["variant"] == name for row in table) for name in synthetic_runs.VARIANTS}, dict.fromkeys(synthetic_runs.VARIANTS, 3 * per_run))

    def test_published_values_stand_beside_the_measured_ones_with_their_status(self):
        synthetic_runs.write_sweep(self.folder / "runs", seeds=(1,))
        table = gap_twin.gap([self.folder / "runs"])
        ring = table["groups"][0]["rows"][1]
        ring["published"] = {"accuracy": 89.87, "spread": 0.12, "status": "unverified", "source": "a talk"}
        ring["published_difference"] = {"difference": -2.4, "spread": None, "status": "secondary", "source": "a <paper>"}
        made = cells.cells_of(table, run_sets.find_runs([self.folder / "runs"])[0])

        rows = self.table(made, table).splitlines()[1:3]
        for line, difference, accuracy in zip(rows, ("–", "−2.40 (secondary)"), ("–", "89.87 (unverified)")):
            shown = dict(re.findall(r'<td[^>]*data-l="([^"]*)"[^>]*>([^<]*)</td>', line))
            self.assertEqual((shown["published difference"], shown["published, %"]), (difference, accuracy))
        flat = cells.gap_rows(table)[1]
        self.assertEqual((flat["published_percent"], flat["published_difference_points"], flat["published_difference_status"]), (89.87, -2.4, "secondary"))

    def test_files_that_are_no_complete_runs_are_named_on_the_page_and_in_the_exit_status(self):
        synthetic_runs.write_sweep(self.folder / "runs")
        partial = self.folder / "runs" / "partial.h5"
        partial.write_bytes(next((self.folder / "runs").glob("*.h5")).read_bytes()[:5000])
        done = self.report(self.folder / "runs")

        self.assertEqual(done.returncode, 1)
        self.assertIn("partial.h5", done.stderr)
        self.assertIn("partial.h5", (self.folder / "out" / "index.html").read_text())

    def test_copies_further_launches_and_a_folder_named_twice_count_once(self):
        for launch in range(2):
            synthetic_runs.write_sweep(self.folder / str(launch), machine_seed=launch)
        once = [self.folder / "0"]
        done = self.report(*once, self.folder / "1", *once, next(once[0].glob("*.h5")))
        self.assertEqual(done.returncode, 0)
        self.assertIn("25 files are copies or further launches of the same runs", done.stderr)
        page = (self.folder / "out" / "index.html").read_text()
        self.assertIn("12 runs, 4 variants", page)
        self.assertIn("25 files are copies or further launches of the same runs: each run counts once", page)
        table = gap_twin.gap(once)
        made = cells.cells_of(table, run_sets.find_runs(once)[0])
        with open(self.folder / "out" / "runs.csv", encoding="utf-8") as file:
            self.assertEqual([row["run_id"] for row in csv.DictReader(file)], [run.id for run in cells.unique_runs(made)])
        with open(self.folder / "out" / "gap.csv", encoding="utf-8") as file:
            found = {row["variant"]: (row["difference_points"], row["accuracy_mean_percent"]) for row in csv.DictReader(file)}
        shown = lambda value: "" if value is None else str(value)
        self.assertEqual(found, {row["variant"]: (shown(row["difference_points"]), shown(row["accuracy_mean_percent"])) for row in cells.gap_rows(table)})

    def test_several_sweeps_share_a_page_and_each_has_its_own_files(self):
        synthetic_runs.write_sweep(self.folder / "a", seeds=(1, 2))
        with unittest.mock.patch.object(synthetic_runs, "SWEEP", synthetic_runs.SWEEP.replace('"synthetic"', '"other / sweep"')):
            synthetic_runs.write_sweep(self.folder / "b", seeds=(1, 2, 3), name="other / sweep")  # its runs of seeds 1 and 2 are those of the first too
        done = self.report(self.folder / "a", self.folder / "b")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        page = (self.folder / "out" / "index.html").read_text()
        self.assertEqual(re.findall("<h1>([^<]*)</h1>", page), ["synthetic and other / sweep", "synthetic", "other / sweep"])
        self.assertIn("8 runs, 4 variants", page)
        self.assertIn("12 runs, 4 variants", page)
        for folder, count in (("1-synthetic", 8), ("2-other-sweep", 12)):
            with open(self.folder / "out" / folder / "runs.csv", encoding="utf-8") as file:
                self.assertEqual(len(list(csv.DictReader(file))), count)
            self.assertIn(f'href="{folder}/gap.csv"', page)

    def test_names_from_outside_come_out_as_they_are_written(self):
        names = {"ring": "$x^$", "exponential": "_hidden & </script><script>", "ring, exact in phase 1": '=cmd/"\\alpha", 环 Ξ'}
        sweep = synthetic_runs.SWEEP
        for arm, name in names.items():
            sweep = sweep.replace(f'name = "{arm}"', f"name = '{name}'")
        with unittest.mock.patch.object(synthetic_runs, "SWEEP", sweep):
            for arm in synthetic_runs.VARIANTS:
                for seed in (1, 2):
                    synthetic_runs.write_run(self.folder / "runs", arm, seed, variant=names.get(arm, arm), name="<b>bold</b> & co")
        names = list(names.values())
        done = self.report(self.folder / "runs")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        with open(self.folder / "out" / "gap.csv", encoding="utf-8", newline="") as file:
            self.assertEqual({row["variant"] for row in csv.DictReader(file)}, {"centralized", *names})
        page = (self.folder / "out" / "index.html").read_text()
        self.assertIn("&lt;b&gt;bold&lt;/b&gt; &amp; co", page)
        self.assertNotIn("<b>bold", page)
        for name in names:
            self.assertIn(f'data-l="variant">{html.escape(name)}</td>', page)
            for figure in ("accuracy", "gap", "cost_and_gap", "where_time_goes", "accuracy_over_distance"):
                drawn = (self.folder / "out" / f"{figure}.svg").read_text()
                self.assertIn(f"<!-- {name}", html.unescape(drawn), figure)

    def test_nothing_to_report_is_status_2(self):
        done = self.report(self.folder / "nowhere")
        self.assertEqual(done.returncode, 2)
        self.assertIn("no complete run file", done.stderr)
        self.assertFalse((self.folder / "out").exists())

    def test_a_missing_program_is_status_2_with_the_remedy(self):
        synthetic_runs.write_sweep(self.folder / "runs", seeds=(1,))
        done = self.report(self.folder / "runs", program=self.folder / "no-such-program")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--xibench", done.stderr)


if __name__ == "__main__":
    support.main()
