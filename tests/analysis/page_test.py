import support
import base64
import copy
import hashlib
import json
import re

import numpy as np
from scipy import stats

import cells
import gap_twin
import page
import report
import run_sets
import style
import synthetic_runs
import tables
from page import colours, curves, effects, phases, plots, timing
from page.sections import Sweep


def sweep_of(folder):
    found, problems = run_sets.find_runs([folder])
    assert not problems, problems
    table = gap_twin.gap([folder])
    made = cells.cells_of(table, found)
    return Sweep("synthetic", table, made, found, style.looks_of(cells.variants_of(made), "centralized"), {"csv": "", "md": "", "tex": ""}, [], [])


def block_of(text):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL).group(1))


def floats(block, place):
    """The numbers of an array; of those with a ~ the lowest byte of each float32 is left out."""
    text = block["arrays"][place]
    if not text.startswith("~"):
        return np.frombuffer(base64.b64decode(text), "<f4")
    kept = np.frombuffer(base64.b64decode(text[1:]), np.uint8).reshape(-1, 3)
    return np.concatenate([np.zeros((len(kept), 1), np.uint8), kept], axis=1).view("<f4")[:, 0]


def without_accuracy(sweep, gap):
    """The same runs as a task without accuracy would have left them: f - f* of an arm is `gap`[variant] to the power of ten, times a factor of the seed."""
    for cell in sweep.cells:
        for row in cell.rows:
            row.final, row.gap = {}, copy.deepcopy(row.gap) | {"score": {"n": 0, "mean": None, "sd": None}}
            for run in row.runs:
                final = 1e-3 * run.seed * 10 ** (gap[row.variant] + 0.01 * run.seed * (not row.baseline))
                run.evaluations["test_accuracy_mean_model"][:] = np.nan
                run.evaluations["suboptimality_mean_model"] = final * np.linspace(9, 1, len(run.evaluations["step"]))
    return Sweep("quadratic", sweep.table, sweep.cells, sweep.runs, sweep.looks, sweep.texts, [], [])


class Page(support.FolderTest):
    def test_the_drawing_library_is_the_published_one(self):
        vendor = support.SOURCE / "analysis" / "page" / "vendor"
        published = {"uPlot.iife.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",  # of npm's uplot-1.6.32.tgz
                     "uPlot.min.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
                     "LICENSE": "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd"}
        self.assertEqual({name: hashlib.sha256((vendor / name).read_bytes()).hexdigest() for name in published}, published)
        self.assertEqual((vendor / "SHA256SUMS").read_text(), "".join(f"{digest}  {name}\n" for name, digest in published.items()))

    def test_120_runs_are_at_most_600_kB(self):
        synthetic_runs.write_sweep(self.folder / "runs", nodes=(4, 8, 12, 16, 24, 32, 48, 64, 96, 128), seeds=(1, 2, 3))  # 40 rows: the more of them, the less room for curves
        sweep = sweep_of(self.folder / "runs")
        sweep.texts = report.texts_of(sweep)
        self.assertEqual(len(sweep.runs), 120)
        made = page.compose("synthetic", [sweep], [])
        self.assertLessEqual(len(made.encode()), 600_000)
        block = block_of(made)
        self.assertEqual(len(block["sweeps"][0]["runs"]), 120)
        self.assertLessEqual(max(len(text) for text in block["arrays"]), 4 * curves.POINTS * 4 / 3 + 4)

    def test_runs_with_more_steps_fill_the_page_up_to_600_kB_and_no_further(self):
        synthetic_runs.write_sweep(self.folder / "runs", seeds=(1,))
        sweep = sweep_of(self.folder / "runs")
        many = [run for run in sweep.runs for _ in range(30)]
        sweep.runs = [copy.copy(run) for run in many]
        for k, run in enumerate(sweep.runs):
            run.steps = {key: np.tile(column, 20) + 1e-3 * k for key, column in run.steps.items()}
        made = page.compose("synthetic", [sweep], [])
        self.assertTrue(500_000 < len(made.encode()) <= page.SIZE, len(made.encode()))

    def test_the_block_holds_the_numbers_of_the_files(self):
        synthetic_runs.write_sweep(self.folder / "runs", seeds=(1, 2))
        sweep = sweep_of(self.folder / "runs")
        block = block_of(page.compose("synthetic", [sweep], []))
        for run, shown in zip(sweep.runs, block["sweeps"][0]["runs"]):
            self.assertEqual(shown["seed"], run.seed)
            self.assertEqual([phase[:2] for phase in block["phases"][shown["phases"]]], [[phase["first_step"], phase["last_step"]] for phase in run.phases])
            np.testing.assert_array_equal(floats(block, shown["metric"]), run.evaluations["test_accuracy_mean_model"].astype("f4"))
            np.testing.assert_allclose(floats(block, shown["xi"]), run.steps["consensus_distance"], rtol=2 ** -16)  # 16 bits of the mantissa, to the nearest
            for name, column in (("bytes", "bytes_sent"), ("rounds", "gossip_rounds"), ("seconds", "wall_s")):
                totals = np.concatenate([[0], np.cumsum(run.steps[column])])
                drawn = np.interp(np.arange(len(totals)), *(floats(block, place).astype(float) for place in shown[name]))
                self.assertLessEqual(np.abs(drawn - totals).max(), (curves.TOLERANCE + 2 ** -23) * totals[-1])  # float32 rounds by half a unit of 2^-23

    def test_long_runs_are_drawn_by_medians_of_stretches(self):
        values = np.arange(1201.0)
        values[3] = np.nan
        made = curves.medians(values, 500)
        self.assertEqual((len(made), made[0], made[1], made[-1]), (401, 1.0, 4.5, 1200.0))
        self.assertTrue(np.isnan(curves.medians(np.array([np.nan, np.nan, 1, 1]), 2)[0]))

    def test_what_does_not_fit_gets_fewer_points(self):
        synthetic_runs.write_sweep(self.folder / "runs", seeds=(1,))
        sweep = sweep_of(self.folder / "runs")
        whole, _ = curves.curves_of([(sweep.runs, sweep.metric)])
        self.assertEqual(whole["points"], curves.POINTS)
        room = sum(map(len, whole["arrays"])) // 3
        fewer, _ = curves.curves_of([(sweep.runs, sweep.metric)], room)
        self.assertLess(fewer["points"], synthetic_runs.STEPS)
        self.assertLessEqual(sum(map(len, fewer["arrays"])), room)

    def test_no_name_can_end_the_block(self):
        made = curves.json_block({"name": "</script><!-- \u2028"})
        self.assertEqual(made.count("<"), 2)  # of its own element
        self.assertEqual(block_of(made), {"name": "</script><!-- \u2028"})

    def test_a_task_without_accuracy_is_compared_by_its_metric(self):
        synthetic_runs.write_sweep(self.folder / "runs")
        sweep = without_accuracy(sweep_of(self.folder / "runs"), {"centralized": 0, "ring": 1, "exponential": 0, "ring, exact in phase 1": -1})
        found = dict(zip((row.variant for row in sweep.cells[0].rows), sweep.effects[0]))
        self.assertEqual([found[name].text for name in synthetic_runs.VARIANTS], ["baseline", "higher", "undecided", "lower"])
        logs = [1 + 0.01 * seed for seed in (1, 2, 3)]
        half = stats.t.ppf(0.975, 2) * np.std(logs, ddof=1) / 3 ** 0.5
        np.testing.assert_allclose([found["ring"].mean, found["ring"].low, found["ring"].high], [1.02, 1.02 - half, 1.02 + half], rtol=1e-9)
        self.assertEqual([effects.ratio(value) for value in (1, 1.0000123, 0.995, 0.98, 31.6)], ["× 1", "+0.0012 %", "−0.5 %", "× 0.98", "× 31.6"])
        made = page.compose("quadratic", [sweep], [])
        for words in ("f − f*", "× 10.5", "Arms are compared by f − f*", "Right: larger f − f* than centralized"):
            self.assertIn(words, made)
        self.assertTrue(block_of(made)["sweeps"][0]["metric"]["log"])

    def test_phases_by_targets_stand_in_the_layout_of_the_paper(self):
        synthetic_runs.write_sweep(self.folder / "runs", nodes=(8, 16, 32))
        sweep = sweep_of(self.folder / "runs")
        self.assertEqual(phases.section(sweep), "")
        for phase, cell in enumerate(sweep.cells, 1):
            cell.axes = {"control.in_phase": str(phase)}
            for row in cell.rows:
                for run in row.runs:
                    run.config["train"]["nodes"] = 16
                row.runs = sweep.cells[0].rows[0].runs if row.baseline else row.runs  # the baseline: the same runs whatever the phase
        made = phases.section(sweep)
        table = tables.tables_of(sweep.runs, sweep.table)
        self.assertEqual(re.findall(r'<th colspan="(\d+)"[^>]*>([^<]*)<', made), [("3", ""), ("3", "control in phase 1"), ("3", "control in phase 2"), ("3", "control in phase 3")])
        self.assertEqual([made.count(f'<th data-v="{place}">') for place in range(4)], [1, 3, 3, 3])
        first = [run.summary["final_test_accuracy"] for run in sweep.cells[1].rows[2].runs]
        self.assertIn(f'<td data-v="2">{np.mean(first):.2f} ± {np.std(first, ddof=1):.2f}</td>', made)
        self.assertNotIn("phase-by-target", [one.name for one in table])  # the sweep itself has no such axis

    def test_the_gap_against_n_joins_cells_whose_learning_rate_follows_n(self):
        synthetic_runs.write_sweep(self.folder / "runs", nodes=(8, 16), seeds=(1, 2))
        sweep = sweep_of(self.folder / "runs")
        lines = lambda: plots.over_nodes(sweep.cells, sweep.effects, sweep.looks, sweep.places, sweep.metric).count('<path class="line"')
        without = lines()
        for cell, lr in zip(sweep.cells, ("0.2", "0.4")):
            cell.axes["train.lr"] = lr
        self.assertEqual((lines(), without), (3, 3))

    def test_timings_of_a_loaded_machine_are_told(self):
        synthetic_runs.write_sweep(self.folder / "runs")
        sweep = sweep_of(self.folder / "runs")
        self.assertEqual(timing.warnings_of(sweep.cells, sweep.runs), [])
        sweep.runs[0].provenance |= {"load_at_start": "5.20 4.1 3.0 1/100 7", "usable_processors": "2"}
        ring = sweep.cells[0].rows[1].runs[0]
        ring.steps["compute_s"], ring.steps["wall_s"] = 1.4 * ring.steps["compute_s"], 1.4 * ring.steps["wall_s"]
        load, scatter = timing.warnings_of(sweep.cells, sweep.runs)
        self.assertIn("1 of 12 runs began on a machine with more load than cores (up to 5.2 on 2 cores)", load)
        self.assertRegex(scatter, r"up to 1\.4 times as long .*\(ring\)")

    def test_facts_that_differ_are_marked(self):
        synthetic_runs.write_sweep(self.folder / "runs", seeds=(1,))
        sweep = sweep_of(self.folder / "runs")
        sweep.runs[2].provenance["cpu"] = "another <processor>"
        made = page.compose("synthetic", [sweep], [])
        self.assertIn("Facts that differ between the runs: cpu.", made)
        self.assertEqual(made.count("<mark>another &lt;processor&gt;</mark>"), 1)
        self.assertNotIn("<mark>a processor</mark>", made)

    def test_colours_can_be_seen_on_both_backgrounds(self):
        looks = style.looks_of([f"v{k}" for k in range(20)] + ["base"], "base")
        for colour, *_ in looks.values():
            for background in (colours.LIGHT, colours.DARK):
                self.assertGreaterEqual(colours.contrast(colours.seen_on(colour, background), background), 3)
        self.assertAlmostEqual(colours.contrast("#000000", "#ffffff"), 21)


if __name__ == "__main__":
    support.main()
