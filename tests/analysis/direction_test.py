"""A metric of which less is better is judged as the mirror image of one of which more is better: an error of 100 % minus the accuracy has the same words, fronts, times
and colours. A function that has the direction wrong tells the two apart."""

import support
import copy
import re
import unittest.mock

import numpy as np

import cells
import figures
import gap_twin
import metrics
import run_sets
import same_science
import scatter_figures
import style
import synthetic_runs
import trend_figures
from page import effects, forest, gap_table, verdict

ERROR = metrics.Metric("error", "percent", metrics.LOWER, "error")


def mirror_difference(difference):
    if difference is not None and difference["mean"] is not None:
        difference["mean"], difference["interval_95"] = -difference["mean"], [None if end is None else -end for end in reversed(difference["interval_95"])]


def mirrored(table, runs):
    """The same table and runs, measured by the error."""
    table, runs = copy.deepcopy((table, runs))
    table["metric"] = {"name": "error", "unit": "percent", "better": "lower", "description": "error"}
    for group in table["groups"]:
        for row in group["rows"]:
            row["error"] = row["accuracy"] | {"mean": 100 - row["accuracy"]["mean"]}
            row["error_nodes_mean"], row["error_nodes_max"] = 100 - row["accuracy_nodes_mean"], 100 - row["accuracy_nodes_min"]
            mirror_difference(row["difference"])
            for run in row["runs"]:
                run["error"] = 100 - run["accuracy"]
        for contrast in group["contrasts"]:
            mirror_difference(contrast["difference"])
    for run in runs:
        run.metrics = [ERROR]
        run.evaluations[ERROR.column] = 100 - run.evaluations[metrics.ACCURACY.column]
        run.summary["final_test_error"] = 100 - run.summary["final_test_accuracy"]
    return table, runs


class Direction(support.FolderTest):
    def setUp(self):
        super().setUp()
        synthetic_runs.write_sweep(self.folder / "runs", nodes=(8, 16))
        found, problems = run_sets.find_runs([self.folder / "runs"])
        self.assertEqual(problems, [])
        for run in found:
            run.config["data"]["partition"] = "iid" if run.config["train"]["nodes"] == 8 else "dirichlet(0.1)"
            run.evaluations[metrics.ACCURACY.column][0] = 10.0  # the steep start of a training
        table = gap_twin.gap([self.folder / "runs"])
        self.sides = [(table, found), mirrored(table, found)]
        self.cells = [cells.cells_of(*side) for side in self.sides]
        self.looks = style.looks_of(cells.variants_of(self.cells[0]), "centralized")

    def both(self, function, *more):
        """What it gives for the accuracy and for the error."""
        return [function(made, self.looks, self.folder / f"{function.__name__} {k}", *more) for k, made in enumerate(self.cells)]

    def test_the_direction_is_that_of_the_table(self):
        self.assertEqual([made[0].metric for made in self.cells], [metrics.ACCURACY, ERROR])
        self.assertEqual([metric.loss(-2) for metric in (metrics.ACCURACY, ERROR)], [2, -2])
        for accuracy, error in zip(*[[row.gap["score_nodes_worst"] for row in made[0].rows] for made in self.cells]):
            self.assertEqual(error, 100 - accuracy)

    def test_words_on_the_page(self):
        words = []
        for (table, _), made in zip(self.sides, self.cells):
            metric = effects.first_of(made[0].metric, table["delta"])
            base = next(row for row in made[0].rows if row.baseline)
            found = [[effects.judged(row, base.final, table["delta"], metric) for row in cell.rows] for cell in made]
            said = verdict.sentences(made, found, metric, table)
            words.append(([(e.word, e.text) for line in found for e in line], [re.search(r"that of (.*?):", said[0]).group(1), *said[2:]], re.findall(r">(worse|better|no difference[^<]*|undecided)", gap_table.contrast_table(made, table))))
            places = {row.variant: k for k, row in enumerate(made[0].rows)}
            note = forest.section(made, found, places, metric, table)
            self.assertIn("Left: fewer points than centralized" if metric.higher else "Right: larger test error than centralized", note)
        self.assertEqual(words[0], words[1])
        self.assertTrue(any("gap" in text for _, text in words[0][0]))

    def test_a_better_arm_is_called_better(self):
        texts = []
        for (table, _), made, sign in zip(self.sides, self.cells, (1, -1)):
            metric = effects.first_of(made[0].metric, table["delta"])
            row = copy.deepcopy(next(row for row in made[0].rows if not row.baseline))
            row.gap["difference"] |= {"mean": sign * 2.0, "interval_95": [sign * 2.0 - 1, sign * 2.0 + 1], "verdict": "gap", "verdict_of_table": "gap"}
            effect = effects.judged(row, {}, table["delta"], metric)
            texts.append((effect.text, verdict.how_large(effect, row, made[0], [(effect, row, made[0])], metric, table, "centralized").split(" with ")[0]))
        self.assertEqual([text for text, _ in texts], ["gap (better) *"] * 2)
        self.assertRegex(texts[0][1], "^No arm ends below centralized in the mean; the lowest is ")
        self.assertRegex(texts[1][1], "^No arm ends above centralized in the mean; the highest is ")

    def test_the_best_contrast_is_told_with_what_it_wins(self):
        said = []
        for (table, _), made, sign in zip(self.sides, self.cells, (1, -1)):
            row, other = [row for row in made[0].rows if not row.baseline][:2]
            difference = {"mean": sign * 2.0, "interval_95": sorted((sign * 1.0, sign * 2.5)), "verdict": "gap", "verdict_of_table": "gap"}
            group = {"axes": made[0].axes, "contrasts": [{"arm": row.variant, "against": other.variant, "difference": difference, "share": None}]}
            said.append(verdict.by_contrast(table | {"groups": [group]}, [(None, row, made[0])])[0])
        self.assertEqual(said[0], said[1])
        self.assertRegex(said[0], r"by 2\.00 points \[1\.00 to 2\.50\]")

    def test_the_pareto_front(self):
        points = [(3, 0.0), (1, -2.0), (2, -2.5), (2, -1.0), (4, -0.5)]
        self.assertEqual(scatter_figures.front([(x, -y) for x, y in points], higher=False), [(x, -y) for x, y in scatter_figures.front(points)])
        with unittest.mock.patch.object(scatter_figures, "front", wraps=scatter_figures.front) as front:
            self.both(scatter_figures.cost_and_gap, "centralized")
        self.assertEqual({call.args[1] for call in front.call_args_list[: len(front.call_args_list) // 2]}, {True})
        self.assertEqual({call.args[1] for call in front.call_args_list[len(front.call_args_list) // 2:]}, {False})

    def test_times_to_a_goal(self):
        goals = [trend_figures.goal_of(made) for made in self.cells]
        self.assertEqual(goals[1], 100 - goals[0])
        times = [[trend_figures.reached(run, goal, made[0].metric) for cell in made for row in cell.rows for run in row.runs] for goal, made in zip(goals, self.cells)]
        self.assertEqual(times[0], times[1])
        self.assertTrue(any(times[0]))
        more, less = self.both(trend_figures.time_to_score)
        self.assertIn("or more (what half of all runs end above)", more)
        self.assertIn("or less (what half of all runs end below)", less)

    def test_colours_and_worst_cells_of_the_map(self):
        for made, sign in zip(self.cells, (1, -1)):  # a third cell in a partition that is there: the worse of the two is shown
            made.append(copy.deepcopy(made[-1]))
            for row in made[-1].rows:
                if row.gap["difference"]:
                    row.gap["difference"]["mean"] -= sign * 3
        drawn = []
        with unittest.mock.patch.object(style.plt.Axes, "imshow", autospec=True, side_effect=style.plt.Axes.imshow) as imshow:
            self.both(trend_figures.heterogeneity_map, "centralized")
        for call in imshow.call_args_list:
            values, cmap = call.args[1], style.plt.get_cmap(call.kwargs["cmap"])
            most = call.kwargs["vmax"]
            drawn.append((values, cmap((values + most) / (2 * most))))
            step = np.abs(np.diff(cmap(np.arange(cmap.N)), axis=0)).max()
        np.testing.assert_array_equal(drawn[1][0], -drawn[0][0])
        np.testing.assert_allclose(drawn[1][1], drawn[0][1], rtol=0, atol=step)  # of an even number of colours none is in the middle: a value may be one further on

    def test_the_start_of_training_is_cut(self):
        below, above = self.both(figures.score)
        self.assertIn("The start of training lies below the axis.", below)
        self.assertIn("The start of training lies above the axis.", above)

    def test_a_score_that_regressions_are_judged_by_rises_with_what_is_better(self):
        accuracy, error = ([same_science.score(run) for run in runs] for _, runs in self.sides)
        np.testing.assert_allclose(np.subtract(error, error[0]), np.subtract(accuracy, accuracy[0]), rtol=0, atol=2**-45)  # 100 - x rounds by 2^-47 at most, four times
        self.assertGreater(np.ptp(accuracy), 0)


if __name__ == "__main__":
    support.main()
