"""A metric of which less is better, from the task to the report: a sweep of a quadratic problem, measured by its loss."""

import support
import csv
import json
import re
import subprocess
import sys

import h5py

import metrics
import runs

support.needs(support.XIBENCH)

# Without noise the loss after 20 steps is the higher, the smaller the learning rate is.
SWEEP = """
name = "by-loss"
seeds = [1, 2, 3]
delta = 0.1
[data]
dataset = "quadratic(dim = 100, zeta = 2, sigma = 0, steps = 5)"
[model]
name = "none"
[train]
nodes = 4
epochs = 4
batch_size = 1
lr = 0.1
[[variant]]
name = "middle"
baseline = true
[[variant]]
name = "slow"
train.lr = 0.01
[[variant]]
name = "fast"
train.lr = 0.5
[[variant]]
name = "alike"
train.lr = 0.1001
[[contrast]]
arm = "slow"
against = "fast"
"""


class LowerIsBetter(support.FolderTest):
    def setUp(self):
        super().setUp()
        spec, self.out = self.folder / "sweep.toml", self.folder / "runs"
        spec.write_text(SWEEP)
        self.done = self.call(support.XIBENCH, "run", spec, "--all", "--out", self.out, "--threads", "1", "--progress", "plain")

    def call(self, *words):
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def analysis(self, program, *more):
        return self.call(sys.executable, support.SOURCE / "analysis" / program, self.out, "-o", self.folder / "made", "--xibench", support.XIBENCH, *more)

    def test_the_whole_way_says_that_less_is_better(self):
        self.assertRegex(self.done.stderr, r"test loss \d")
        files = sorted(self.out.rglob("*.h5"))
        found = runs.read_run(files[0])
        self.assertEqual(found.metrics, [metrics.LOSS])
        self.assertIn("final_test_loss_nodes_max", found.summary)
        with h5py.File(files[0]) as file:
            self.assertEqual(file["evaluations/test_loss_nodes"].shape, (4, 4))
            self.assertEqual(file["evaluations"].attrs["signal"], "test_loss_mean_model")
        shown = self.call(support.XIBENCH, "show", files[0]).stdout
        self.assertRegex(shown, r"summary +loss \d[^%]*, best \d[^%]*, worst node \d")
        self.assertRegex(shown, r"nodes: mean / max +train s")
        nodes = [(float(mean), float(worst)) for mean, worst in re.findall(r" (\d\S*) / (\d\S*) ", shown)]
        self.assertTrue(nodes)
        self.assertTrue(all(worst > mean for mean, worst in nodes), nodes)
        self.assertNotIn("%", shown.split("phase  steps")[1].split("summary")[0])
        self.call(support.XIBENCH, "show", "--validate", files[0])

        table = json.loads(self.call(support.XIBENCH, "gap", self.out, "--format", "json").stdout)
        self.assertEqual(table["metric"], {"name": "loss", "unit": "1", "better": "lower", "description": "loss"})
        rows = {row["variant"]: row for row in table["groups"][0]["rows"]}
        losses = {name: row["loss"]["mean"] for name, row in rows.items()}
        self.assertLess(losses["fast"], losses["middle"])
        self.assertLess(losses["middle"], losses["slow"])
        self.assertEqual([(rows[name]["difference"]["verdict"], rows[name]["difference"]["worse"]) for name in ("slow", "fast")], [("gap", True), ("gap", False)])
        self.assertEqual(rows["alike"]["difference"]["verdict"], "no gap larger than delta")
        text = self.call(support.XIBENCH, "gap", self.out).stdout
        self.assertRegex(text, r"\| slow +\| gap \* +\|")
        self.assertRegex(text, r"\| fast +\| gap \(better\) \* +\|")
        self.assertRegex(text, r"\| slow +\| fast +\| worse \* +\|")
        for words in ("- loss: the mean model", "lower is better", "above 0: worse", " loss |"):
            self.assertIn(words, text)
        self.assertNotIn("points", text)
        self.assertNotIn("accuracy", text)

        self.analysis("tables.py")
        self.assertRegex((self.folder / "made" / "cost.md").read_text(), r"slow \|[^|]*\|[^|]*\| gap")
        self.analysis("draw.py")
        captions = (self.folder / "made" / "captions.md").read_text()
        self.assertRegex(captions, r"\*\*gap\*\*: slow loses [\d.]+ to middle")
        self.assertIn("**loss**: Test loss of the mean model over epochs", captions)
        for words in ("ccuracy", "points"):
            self.assertNotIn(words, captions)
        for name in ("loss", "loss_difference", "loss_over_distance", "time_to_loss"):
            self.assertTrue((self.folder / "made" / f"{name}.png").exists(), name)
        self.analysis("report.py")
        page = (self.folder / "made" / "index.html").read_text()
        self.assertRegex(page, r"The largest gap to middle is that of slow: \+[\d.]+ \[[^]]*\] of test loss, gap")
        self.assertIn("lower is better", page)
        self.assertIn('"higher": false', page.replace('"higher":false', '"higher": false'))
        self.assertNotIn("accuracy", re.sub(r"<script.*?</script>|<pre.*?</pre>|/evaluations\S*", "", page, flags=re.DOTALL).lower())
        with open(self.folder / "made" / "gap.csv", encoding="utf-8") as file:
            flat = {row["variant"]: row for row in csv.DictReader(file)}
        self.assertEqual((flat["slow"]["metric"], flat["slow"]["better"]), ("loss", "lower"))
        self.assertAlmostEqual(float(flat["slow"]["difference"]), losses["slow"] - losses["middle"], places=9)

    def test_runs_under_way_are_drawn_by_their_metric(self):
        done = self.call(sys.executable, support.SOURCE / "analysis" / "live.py", self.out, "-o", self.folder / "live.html", "--once")
        self.assertEqual(done.stderr, "")
        self.assertIn("f − f*", (self.folder / "live.html").read_text())  # a loss gives way to what is known of its optimum


if __name__ == "__main__":
    support.main()
