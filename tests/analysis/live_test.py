"""Curves of runs under way, of files that the program itself writes."""

import support
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np

import live_page
import live_rows
import runs

support.needs(support.XIBENCH)

SWEEP = """
name = "quadratic"
seeds = [1]
[data]
dataset = "quadratic(dim = 20000, zeta = 2, sigma = 1, steps = 200)"
[model]
name = "none"
[train]
nodes = 4
epochs = 6
batch_size = 1
lr = 0.02
[[variant]]
name = "<b>ring"
"""


class Live(support.FolderTest):
    def setUp(self):
        super().setUp()
        self.spec = self.folder / "sweep.toml"
        self.spec.write_text(SWEEP)
        self.place = self.folder / "results" / "quadratic"

    def start(self, out="results", *more):
        return subprocess.Popen([support.XIBENCH, "run", self.spec, "--out", self.folder / out, "--threads", "1", "--progress", "none", *more], stderr=subprocess.DEVNULL)

    def run_until_rows(self, watch):
        """A run that is under way and has written a checkpoint which the watch has read; the test fails where it ends before."""
        process = self.start("results", "--checkpoint-minutes", "0.002")
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        while not any(len(run.steps.get("step", ())) for run in watch.runs.values()):
            self.assertIsNone(process.poll(), "the run ended before it was seen")
            watch.look()
        return process

    def test_rows_of_a_running_run_are_those_of_its_result_which_is_the_same_without_a_watch(self):
        watch = live_rows.Watch([self.folder])
        process = self.run_until_rows(watch)
        (run,) = watch.runs.values()
        self.assertEqual((run.variant, run.state, run.length), ("<b>ring", "running", 1200))
        early = {key: values.copy() for key, values in run.steps.items()}
        self.assertIn("running", live_page.compose("quadratic", watch, 2))
        process.send_signal(signal.SIGTERM)
        process.wait()
        watch.look()
        self.assertEqual(run.state, "interrupted")
        self.assertGreaterEqual(len(run.steps["step"]), len(early["step"]))
        later = {key: values.copy() for key, values in run.steps.items()}
        evaluations = {key: values.copy() for key, values in run.evaluations.items()}

        self.assertEqual(self.start().wait(), 0)
        watch.look()
        self.assertEqual((run.state, run.step, run.beats), ("complete", 1200, []))
        result = runs.read_run(self.place / f"{run.id}.h5")
        for rows in (early, later):
            self.assertGreater(len(rows["step"]), 0)
            for key, values in rows.items():
                np.testing.assert_array_equal(values, result.steps[key][:len(values)], key)
        for key, values in evaluations.items():
            if key != "train_seconds":
                np.testing.assert_array_equal(values, result.evaluations[key][:len(values)], key)
        self.assertEqual(self.start("unseen").wait(), 0)
        digest = lambda out: subprocess.run([support.XIBENCH, "show", "--science-digest", self.folder / out / "quadratic" / f"{run.id}.h5"], capture_output=True, text=True, check=True).stdout
        self.assertEqual(digest("results").split()[0], digest("unseen").split()[0])

    def test_a_watch_leaves_the_files_alone(self):
        watch = live_rows.Watch([self.folder])
        process = self.run_until_rows(watch)
        process.send_signal(signal.SIGTERM)
        process.wait()
        state = lambda: {path: (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes()) for path in self.place.iterdir()}
        before = state()
        again = live_rows.Watch([self.folder])
        self.assertTrue(again.look())
        self.assertFalse(again.look())
        self.assertEqual(state(), before)

    def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(self):
        watch = live_rows.Watch([self.folder])
        process = self.run_until_rows(watch)
        process.send_signal(signal.SIGTERM)
        process.wait()
        newest = next(self.place.glob("*.checkpoint"))
        whole = newest.read_bytes()
        self.assertTrue(live_rows.read_checkpoint(newest))
        (self.place / (newest.name + ".previous")).unlink(missing_ok=True)
        record = whole.rindex(b"step int64\nepoch float64\nlr float64\n")
        for damage in (whole[:record], whole[:50] + b"x" + whole[51:], whole[:record + 500] + bytes([whole[record + 500] ^ 1]) + whole[record + 501:], b"", b"no checkpoint"):
            newest.write_bytes(damage)
            self.assertEqual(live_rows.read_checkpoint(newest), {})
        (self.place / (newest.name + ".previous")).write_bytes(whole)
        self.assertGreater(len(live_rows.read_checkpoint(newest)["steps"]["step"]), 0)

    def test_pipes_are_not_waited_for(self):
        for name in ("a.json", "a.checkpoint", "a.checkpoint.previous", "rows"):
            os.mkfifo(self.folder / name)
        watch = live_rows.Watch([self.folder])
        self.assertFalse(watch.look())
        self.assertEqual([run.step for run in watch.runs.values()], [0])
        with self.assertRaises(live_rows.Unusable):
            list(live_rows.log_tables(self.folder, [("rows", 1, b"")]))

    def test_heartbeats_go_on_where_the_rows_end(self):
        self.place.mkdir(parents=True)
        beat = {"schema": "xibench-heartbeat", "run_id": "a" * 16, "variant": "ring", "state": "running", "error": "", "seed": 3, "step": 10, "steps": 100, "loss": 0.5, "consensus_distance": 0.25,
                "eta_s": 90, "updated_unix": time.time()}
        watch = live_rows.Watch([self.place])
        for step, loss in ((10, 0.5), (20, 0.25), (30, None)):
            temporary = self.place / "new"
            temporary.write_text(json.dumps(beat | {"step": step, "loss": loss}))
            os.replace(temporary, self.place / f"{'a' * 16}.json")
            self.assertTrue(watch.look())
        run = watch.runs["a" * 16]
        run.steps = {"step": np.arange(15), "train_loss": np.ones(15), "consensus_distance": np.ones(15)}
        x, y = run.line("train_loss")
        self.assertEqual((x[-2:].tolist(), y[-2:].tolist(), len(x)), ([14, 19], [1, 0.25], 16))
        self.assertEqual(run.line("consensus_distance")[0][-1], 29)
        self.assertIn("30 of 100", live_page.compose("q", watch, 2))
        (self.folder / "linked").mkdir()
        (self.folder / "linked" / "runs").symlink_to(self.place)
        self.assertTrue(live_rows.Watch([self.folder / "linked"]).look())
        self.assertIn("silent for 5 min", live_page.compose("q", watch, 2, now=beat["updated_unix"] + 300))
        for broken in ("", "{", "[]", '{"schema": "xibench-heartbeat", "run_id": 3}', "\xff", "[" * 100_000, json.dumps(beat | {"run_id": "b", "eta_s": "soon"})):
            (self.place / "b.json").write_text(broken, encoding="latin-1")
            self.assertFalse(watch.look())
        self.assertEqual(list(watch.runs), ["a" * 16])

    def test_where_no_run_is_yet_a_watch_says_that_it_waits_and_one_look_is_refused(self):
        self.place.mkdir(parents=True)
        (self.place / "cut.h5").write_text("no run")
        page = self.folder / "live.html"
        done = support.program("live.py", self.place, "--once", "-o", page)
        self.assertEqual((done.returncode, page.exists()), (2, False))
        self.assertIn("cut.h5: damaged", done.stderr)
        self.assertEqual(done.stderr.splitlines()[-1], f"live: no run in {self.place}: run the sweep first")
        waiting = subprocess.Popen([sys.executable, support.SOURCE / "analysis" / "live.py", self.place, "-o", page], stderr=subprocess.PIPE, text=True)
        self.addCleanup(waiting.wait)
        self.addCleanup(waiting.kill)
        lines = [waiting.stderr.readline() for _ in range(2)]
        self.assertEqual(lines[1], f"live: no run in {self.place} yet: waiting for the first\n")
        waiting.send_signal(signal.SIGTERM)
        self.assertEqual(waiting.communicate(timeout=60)[1], "")
        self.assertEqual(waiting.returncode, 0)

    def test_the_page_is_written_until_nothing_runs(self):
        self.assertEqual(self.start().wait(), 0)
        page = self.folder / "live.html"
        watching = lambda *more: subprocess.run([sys.executable, support.SOURCE / "analysis" / "live.py", *more, "-o", page], capture_output=True, text=True, check=False)
        done = watching(self.folder / "results", "--every", "0.2")
        self.assertEqual(done.returncode, 0, done.stderr)
        made = page.read_text(encoding="utf-8")
        self.assertIn("1 complete", made)
        self.assertIn("&lt;b&gt;ring", made)
        self.assertNotIn("<b>ring", made)
        self.assertNotIn('http-equiv="refresh"', made)
        self.assertEqual(made.count("<path class=\"line\""), 3)  # f - f*, distance, loss
        self.assertEqual([path.name for path in self.folder.iterdir() if path.name.endswith(".new")], [])
        self.assertEqual(watching(self.folder / "nowhere").returncode, 2)
        self.assertIn('http-equiv="refresh" content="2"', live_page.compose("q", live_rows.Watch([self.folder]), 2))


if __name__ == "__main__":
    support.main()
