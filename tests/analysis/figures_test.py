import support
import copy
import re
import unittest.mock
import warnings

import numpy as np
from PIL import Image  # comes with matplotlib

import cells
import draw
import bar_figures
import figures
import gap_twin
import run_sets
import scatter_figures
import style
import synthetic_runs
import trend_figures


class Figures(support.FolderTest):
    def sweep(self, **options):
        synthetic_runs.write_sweep(self.folder / "runs", **options)
        found, problems = run_sets.find_runs([self.folder / "runs"])
        self.assertEqual(problems, [])
        made = cells.cells_of(gap_twin.gap([self.folder / "runs"]), found)
        return made, style.looks_of(cells.variants_of(made), "centralized")

    def check_drawn(self, caption, stem):
        self.assertIsNotNone(caption)
        with Image.open(f"{stem}.png") as image:
            width, height = image.size
        self.assertGreater(width, 800)
        self.assertLess(max(width, height) / min(width, height), 6)
        svg = stem.with_suffix(".svg").read_text()
        self.assertNotRegex(svg, r'xlink:href="http')
        self.assertLess(len(svg), 3_000_000)

    def test_every_figure_is_drawn_for_many_arms_and_every_picture_explains_itself(self):
        made, looks = self.sweep(nodes=(8, 16), seeds=(1, 2))
        for run in cells.unique_runs(made):  # so that there is something to draw in each
            run.config["data"]["partition"] = "iid" if run.config["train"]["nodes"] == 8 else "dirichlet(0.1)"
            run.phases[0]["target"] = 2.0
            run.steps["gossip_rounds"] *= 1 + run.steps["step"] % 3
        for name, make in draw.makers(made, looks, 0.5, "centralized").items():
            caption = make(self.folder / name)
            self.check_drawn(caption, self.folder / name)
            words = re.sub(r"\s+", " ", " ".join(re.findall("<!-- (.*?) -->", (self.folder / name).with_suffix(".svg").read_text(), re.S)))
            self.assertIn(caption.split(". ", 1)[1].split(";")[0].split(",")[0].split(":")[0], words, name)

    def test_a_paper_gets_its_width_truetype_fonts_and_no_title(self):
        made, looks = self.sweep(nodes=(8, 16), seeds=(1, 2))
        with style.plt.rc_context():
            self.addCleanup(setattr, style.Paper, "name", "")
            style.use_paper("icml")
            bar_figures.gap(made[:1], looks, self.folder / "one", 0.5, "centralized")
            figures.score(made, looks, self.folder / "two")
        for name, inches in (("one", 3.25), ("two", 6.75)):
            pdf = (self.folder / f"{name}.pdf").read_bytes()
            width = float(re.search(rb"/MediaBox \[ 0 0 ([0-9.]+)", pdf).group(1))
            self.assertAlmostEqual(width, 72 * inches, delta=0.01)  # Matplotlib writes hundredths of a point or finer
            self.assertIn(b"/CIDFontType2", pdf)
            self.assertNotIn(b"/Type3", pdf)
            self.assertFalse((self.folder / f"{name}.svg").exists())

    def test_many_cells_with_long_names_have_room_on_paper(self):
        made, looks = self.sweep(seeds=(1,))
        many = []
        for k in range(18):
            many.append(copy.copy(made[0]))
            many[-1].rows, many[-1].label = made[0].rows[:1], f"name = exponential, policy = rounds({k})"
        with style.plt.rc_context(), warnings.catch_warnings():
            warnings.simplefilter("error")  # where a layout does not fit, Matplotlib warns
            self.addCleanup(setattr, style.Paper, "name", "")
            style.use_paper("icml")
            bar_figures.where_time_goes(many, looks, self.folder / "time")
            trend_figures.time_to_score(many, looks, self.folder / "reached")
        with Image.open(self.folder / "time.png") as image:
            self.assertGreater(image.height / 300, 9 * 0.65)  # inches: nine panels, one below the other, each with a bar, a title and ticks

    def test_the_front_holds_what_no_other_arm_beats(self):
        self.assertEqual(scatter_figures.front([(3, 0.0), (1, -2.0), (2, -2.5), (2, -1.0), (4, -0.5)]), [(1, -2.0), (2, -1.0), (3, 0.0)])

    def test_seconds_are_those_of_the_gap_table_at_its_network(self):
        made, _ = self.sweep(seeds=(1,))
        row = made[0].rows[1]
        row.gap["traffic"] = {"messages": 9.0, "serial_messages": 4.0, "serial_bytes": 5e6}
        self.assertEqual(scatter_figures.seconds_of(row, 0.5, 1e6), 4 * 0.5 + 5)

    def test_every_figure_is_drawn_for_one_cell_and_for_three(self):
        for nodes in ((16,), (8, 16, 32)):
            made, looks = self.sweep(nodes=nodes)
            self.assertEqual(len(made), len(nodes))
            out = lambda name: self.folder / f"{name}{len(nodes)}"
            self.check_drawn(figures.consensus_distance(made, looks, out("xi")), out("xi"))
            self.check_drawn(figures.score(made, looks, out("accuracy")), out("accuracy"))
            self.check_drawn(bar_figures.gap(made, looks, out("gap"), 0.5, "centralized"), out("gap"))
            self.check_drawn(scatter_figures.score_over_distance(made, looks, out("over")), out("over"))
            self.check_drawn(bar_figures.where_time_goes(made, looks, out("time")), out("time"))
            self.check_drawn(scatter_figures.cost_and_gap(made, looks, out("cost"), "centralized"), out("cost"))

    def test_a_long_line_is_the_medians_of_its_stretches(self):
        draws = np.random.default_rng(1)
        for length in (figures.POINTS - 1, figures.POINTS, figures.POINTS + 1, 2 * figures.POINTS - 1, 1160, 3 * figures.POINTS):
            x, y = np.arange(length, dtype=float), np.where(draws.random(length) < 0.3, np.nan, draws.standard_normal(length))
            y[length // 2:length // 2 + 9], y[:5] = np.nan, np.inf
            stretches = np.array_split(np.arange(length), min(length, figures.POINTS))  # the twin, one stretch at a time
            expected = [np.median(y[s][~np.isnan(y[s])]) if np.isfinite(y[s]).any() else np.nan for s in stretches] if length > figures.POINTS else y
            shown_x, shown_y = figures.condense(x, y)
            np.testing.assert_array_equal(shown_x, [x[s[0]] for s in stretches])
            np.testing.assert_array_equal(shown_y, expected)

    def test_many_seeds_of_an_arm_have_a_few_light_lines(self):
        made, looks = self.sweep(seeds=range(1, figures.SEEDS + 3))
        colours = []
        with unittest.mock.patch.object(figures, "save", lambda figure, stem: colours.extend(line.get_color() for axis in figure.axes for line in axis.lines if line.get_alpha() == 0.4)):
            caption = figures.consensus_distance(made, looks, self.folder / "xi")
        self.assertEqual({colours.count(colour) for colour in colours}, {figures.SEEDS})
        self.assertIn("Light: the first 12 seeds;", caption)

    def test_an_axis_that_follows_n_makes_no_panel_of_its_own(self):
        made, looks = self.sweep(nodes=(8, 16, 32), seeds=(1, 2))
        panels = lambda stem: len(re.findall('id="axes_', stem.with_suffix(".svg").read_text()))
        stem, draw_it = self.folder / "nodes", lambda of: trend_figures.gap_over_nodes(of, looks, self.folder / "nodes", 0.5, "centralized")
        self.assertNotIn("By nodes", draw_it(made))
        for cell, lr in zip(made, ("0.2", "0.4", "0.8")):
            cell.axes["train.lr"] = lr
        self.assertTrue(draw_it(made).endswith(" By nodes: lr = 0.2, 0.4, 0.8."))
        self.assertEqual(panels(stem), 1)
        other = [copy.copy(cell) for cell in made]
        for cell in other:
            cell.axes = cell.axes | {"train.lr": "0.8"}
        self.assertNotIn("By nodes", draw_it([*made, *other[:2]]))  # two of them at n = 8 and 16
        self.assertEqual(panels(stem), 3)

    def test_costs_hold_what_control_measured_where_that_is_known(self):
        made, looks = self.sweep(seeds=(1,))
        stem = self.folder / "cost"
        scatter_figures.cost_and_gap(made, looks, stem, "centralized")
        known = stem.with_suffix(".svg").read_bytes()
        for row in made[0].rows:
            row.gap["gauge_bytes_to_decide"] *= 1e9
        scatter_figures.cost_and_gap(made, looks, stem, "centralized")
        dearer = stem.with_suffix(".svg").read_bytes()
        made[0].rows[0].gap["gauge_bytes_to_decide"] = None
        scatter_figures.cost_and_gap(made, looks, stem, "centralized")
        self.assertEqual(len({known, dearer, stem.with_suffix(".svg").read_bytes()}), 3)

    def test_one_seed_and_no_margin_can_be_drawn(self):
        made, looks = self.sweep(seeds=(1,))
        stem = self.folder / "gap"
        self.check_drawn(bar_figures.gap(made, looks, stem, None, "centralized"), stem)

    def test_the_title_says_the_loss_only_where_it_is_a_gap(self):
        made, looks = self.sweep()
        self.assertRegex(bar_figures.gap(made, looks, self.folder / "g", 0.5, "centralized"), r"^ring loses 2\.\d\d points to centralized")
        for row in made[0].rows[1:]:
            row.gap["difference"]["verdict_of_table"] = "undecided"
        self.assertRegex(bar_figures.gap(made, looks, self.folder / "g", 0.5, "centralized"), r"^No gap to centralized is shown for all rows at once; the largest mean loss is 2\.\d\d points, ring")

    def test_what_cannot_be_drawn_is_left_out(self):
        made, looks = self.sweep(variants=("centralized",))
        stem = self.folder / "none"
        self.assertIsNone(figures.consensus_distance(made, looks, stem))  # 0 at every step
        self.assertIsNone(bar_figures.gap(made, looks, stem, 0.5, "centralized"))
        self.assertIsNone(scatter_figures.score_over_distance(made, looks, stem))
        self.assertFalse(stem.with_suffix(".png").exists())

    def test_equal_data_give_equal_files(self):
        made, looks = self.sweep(seeds=(1,))
        contents = []
        for name in ("a", "b"):
            figures.score(made, looks, self.folder / name)
            contents.append((self.folder / f"{name}.svg").read_bytes() + (self.folder / f"{name}.png").read_bytes())
        self.assertEqual(*contents)

    def test_every_variant_has_one_look_and_the_baseline_its_own(self):
        looks = style.looks_of([f"v{k}" for k in range(20)] + ["base"], "base")
        self.assertEqual(len(set(map(str, looks.values()))), 21)
        self.assertTrue(all(re.fullmatch("#[0-9A-Fa-f]{6}", colour) for colour, _, _ in looks.values()))


if __name__ == "__main__":
    support.main()
