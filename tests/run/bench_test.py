"""`xibench bench` times the steps that `xibench run` would do, says so completely, and leaves nothing behind."""

import json
import os
import shutil
import subprocess
import unittest
from pathlib import Path

import support
from support import signal

support.needs("h5py", "numpy")
import h5py  # noqa: E402
import numpy as np  # noqa: E402

# Three phases of 20 steps, and a policy that refers to another run.
SPEC = (
    support.QUADRATIC.replace("seeds = [1]", "seeds = [3, 4]")
    .replace("epochs = 4", "epochs = 12")
    .replace("steps(2)", "steps(4, 8)")
    .replace('["exact", "rounds(2)"]', '["exact", "rounds(2)", "exact"]')
    .replace('\ntopology.name = ["ring", "exponential"]', "")
    + """
[[variant]]
name = "half"
control.policy = ["fraction(0.5)", "exact", "exact"]
"""
)
MEASUREMENT = {"label", "index", "variants", "varies", "seed", "phases", "topology", "policy", "reference_distance", "nodes", "ranks", "threads", "dim",
               "steps", "seconds_per_step", "parts", "samples_per_step", "samples_per_s", "gossip_rounds", "bytes_sent", "gauge_bytes_sent", "wire_bytes",
               "rank_compute_s", "rank_wait_s", "rank_facts", "task", "phase_steps", "run_steps", "run_s"}
SCIENCE = ("label", "phases", "reference_distance", "gossip_rounds", "bytes_sent", "gauge_bytes_sent")


class Bench(support.RunTest):
    def setUp(self):
        super().setUp()
        self.path = self.spec(SPEC)
        self.empty = self.folder / "empty"
        self.empty.mkdir()

    def command(self, *more, ranks=0):
        return [*(support.mpirun(ranks) if ranks else []), str(support.XIBENCH), "bench", str(self.path), *map(str, more)]

    def bench(self, *more, ranks=0, status=0):
        done = subprocess.run(self.command(*more, ranks=ranks), capture_output=True, text=True, timeout=600, check=False, cwd=self.empty)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(list(self.empty.iterdir()), [], "a benchmark writes no file")
        self.assertEqual(set(self.folder.iterdir()), {self.path, self.empty})
        return done

    def measured(self, *more, ranks=0):
        return json.loads(self.bench(*(() if "--steps" in more else ("--steps", 8, "--warmup", 3)), "--json", *more, ranks=ranks).stdout)

    def test_the_document_is_complete_and_its_numbers_agree(self):
        found = self.measured("--threads", "1,2")

        self.assertEqual((found["schema"], found["schema_version"], found["name"]), ("xibench-bench", 1, "quadratic"))
        self.assertEqual((found["warmup"], found["steps"]), (3, 8))
        self.assertTrue(found["machine"]["cpu"] and found["build"]["version"] and found["start"])
        self.assertIn("bench", found["command_line"])
        self.assertLessEqual({"centralized", "dsgd", "target", "mixed", "half"}, {m["label"].split(",")[0] for m in found["measurements"]})
        for m in found["measurements"]:
            self.assertEqual(set(m), MEASUREMENT)
            self.assertEqual((m["ranks"], m["nodes"], m["dim"], m["steps"], m["samples_per_step"], m["run_steps"]), (1, 8, 100, 8, 8, 60))
            seconds = m["seconds_per_step"]
            spread = [seconds[name] for name in ("min", "quartile_1", "median", "quartile_3", "max")]
            self.assertEqual(spread, sorted(spread))
            self.assertGreater(seconds["min"], 0)
            self.assertTrue(seconds["min"] <= seconds["mean"] <= seconds["max"])
            self.assertEqual(m["samples_per_s"], m["samples_per_step"] / seconds["median"])
            # The same 56 numbers, added in another order: at most 56 roundings of 2^-53 each way.
            self.assertAlmostEqual(sum(m["parts"].values()) / seconds["mean"], 1, delta=112 * 2.0**-53)
            self.assertEqual((len(m["rank_compute_s"]), len(m["rank_wait_s"]), m["rank_facts"].count("\n")), (1, 1, 1))

        for threads in (1, 2):
            mine = [m for m in found["measurements"] if m["threads"] == threads]
            for index in {m["index"] for m in mine}:
                phases = [m for m in mine if m["index"] == index]
                self.assertEqual(sum(m["phase_steps"] for m in phases), 60)
                for m in phases:
                    self.assertAlmostEqual(m["run_s"] / sum(p["seconds_per_step"]["median"] * p["phase_steps"] for p in phases), 1, delta=1e-15 * 4)
            total = sum(m["seconds_per_step"]["median"] * m["phase_steps"] for m in mine) / sum(m["phase_steps"] for m in mine)
            (said,) = (entry["seconds"] for entry in found["seconds_per_step"] if entry["threads"] == threads)
            self.assertAlmostEqual(said / total, 1, delta=1e-15 * 4 * len(mine))

    def test_of_several_seeds_the_first_is_measured_and_of_phases_that_are_alike_too(self):
        found = self.measured("--where", "variant=mixed", "--threads", 1)
        self.assertEqual([(m["seed"], m["phases"], m["policy"], m["phase_steps"]) for m in found["measurements"]],
                         [(3, [1, 3], "exact", 40), (3, [2], "rounds(2)", 20)])
        self.assertEqual([m["seed"] for m in self.measured("--where", "variant=mixed", "--where", "seed=4")["measurements"]], [4, 4])

    def test_the_steps_are_those_of_the_run(self):
        out = self.folder / "out"
        self.run_to_end(self.path, out, more=("--where", "variant=target", "--where", "seed=3"))
        (path,) = out.glob("*/*.h5")
        with h5py.File(path) as run:
            rows = {name: np.array(run["steps/" + name][3:11]) for name in ("gossip_rounds", "bytes_sent", "gauge_bytes_sent")}
        shutil.rmtree(out)

        (m,) = self.measured("--where", "variant=target", "--threads", 1)["measurements"]

        self.assertGreater(rows["gossip_rounds"].max(), 1)
        for name, values in rows.items():
            self.assertEqual(m[name], values.sum() / 8)

    def test_a_fraction_refers_to_as_many_steps_of_its_reference_run(self):
        (first, rest) = self.measured("--where", "variant=half", "--threads", 1)["measurements"]
        words = [support.XIBENCH, "plan", self.path, "--where", "variant=half", "--where", "seed=3", "--json"]
        (planned,) = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)["runs"]
        out = self.folder / "out"
        self.run_to_end(self.path, out, more=("--id", planned["needs"][0]))
        (path,) = out.glob("*/*.h5")
        with h5py.File(path) as run:
            distance = np.array(run["steps/consensus_distance"][:11])

        self.assertEqual(first["reference_distance"], distance.max())
        self.assertIsNone(rest["reference_distance"])

    @unittest.skipUnless(support.HAS_MPI, "built without MPI")
    @unittest.skipUnless(support.HAS_TORCH, "built without LibTorch")
    def test_an_algorithm_with_a_past_begins_without_one_in_any_phase(self):
        """The first step of D² is that of D-SGD; the reference run begins where the phase does."""
        text = """
name = "past"
seeds = [1]
[data]
dataset = "synthetic(samples = 256, test = 64)"
[model]
name = "mlp(8)"
[train]
nodes = 4
epochs = 4
batch_size = 8
lr = 0.1
algorithm = "{}"
schedule = "steps(2)"
[topology]
weights = "lazy"
[control]
policy = ["rounds(1)", "fraction(0.5)"]
"""
        distances = []
        for algorithm in ("dsgd", "d2"):
            self.path = self.spec(text.format(algorithm))
            found = self.measured("--threads", 1, "--warmup", 0, "--steps", 1)["measurements"]
            distances.append([m["reference_distance"] for m in found if m["reference_distance"]])
        self.assertEqual(len(distances[0]), 1)
        self.assertEqual(distances[0], distances[1])

    def test_ranks_and_threads_change_times_only(self):
        one = self.measured("--threads", "1")["measurements"]
        # In blocks, other steps are timed: those of both numbers of threads are the same.
        several = self.measured("--threads", "1,2")["measurements"]
        two = self.measured("--threads", "1", ranks=2)["measurements"]

        science = [[m[name] for name in SCIENCE] for m in one]
        self.assertEqual([[m[name] for name in SCIENCE] for m in two], science)
        by_threads = [[[m[name] for name in SCIENCE] for m in several if m["threads"] == threads] for threads in (1, 2)]
        self.assertEqual(by_threads[0], by_threads[1])
        for m in two:
            self.assertEqual((m["ranks"], len(m["rank_compute_s"]), len(m["rank_wait_s"])), (2, 2, 2))
            self.assertRegex(m["rank_facts"], r"^rank 0: host .*\nrank 1: host .*\n$")
            self.assertGreater(m["wire_bytes"], 0)
        self.assertEqual({m["wire_bytes"] for m in one}, {0})

    def test_the_table_has_a_row_per_measurement_and_says_what_submit_asks_for(self):
        done = self.bench("--steps", 8, "--warmup", 3, "--threads", "1,2", "--where", "variant=mixed")
        title, *rows = done.stdout.splitlines()
        for column in ("run", "phases", "ranks", "threads", "samples/s", "s/step", "compute %", "wait %", "bytes/step", "whole run"):
            self.assertIn(column, title)
        self.assertEqual([row.startswith("mixed, seed 3") for row in rows], [True] * 4)
        self.assertRegex(done.stderr, r"1 rank of 1 thread: slurm/submit --seconds-per-step \d.*\n1 rank of 2 threads: slurm/submit --seconds-per-step \d")

    def test_a_reader_that_leaves_early_is_no_failure(self):
        reading, writing = os.pipe()
        os.close(reading)
        words = self.command("--steps", 4, "--threads", 1, "--where", "variant=dsgd", "--json")
        done = subprocess.run(words, stdout=writing, stderr=subprocess.PIPE, check=False, cwd=self.empty)
        os.close(writing)
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_what_cannot_be_measured_is_refused_in_one_line_with_a_remedy(self):
        cases = [(("--threads", "1,x"), "--threads: 'x'.*write --threads 1,2,4"), (("--threads", "1,,2"), "--threads: ''"),
                 (("--threads", ""), "--threads: is empty"), (("--threads", "1,0"), "--threads: 0 is not between"),
                 (("--steps", 0), "--steps: 0 is less than 1"), (("--warmup", -1), "--warmup: -1 is less than 0"),
                 (("--steps", 20), "--steps: phase 1 of run 0 has 20 steps.*at most 14.*train.epochs"), (("--warmup", 30), "shorter --warmup"),
                 (("--where", "variant=none"), "--where: unknown variant 'none'"), (("--progress", "loud"), "--progress: 'loud'")]
        for more, said in cases:
            done = self.bench(*(more if "--threads" in more else ("--threads", 1, *more)), status=2)
            self.assertEqual((done.stdout, done.stderr.count("\n")), ("", 1), (more, done.stderr))
            self.assertRegex(done.stderr, said)

    @unittest.skipUnless(support.HAS_MPI, "built without MPI")
    def test_more_ranks_than_nodes_are_refused(self):
        done = self.bench("--threads", 1, "--set", "train.nodes=2", "--where", "variant=dsgd", ranks=3, status=2)
        self.assertIn("3 ranks were started for a run of 2 nodes", done.stderr)

    def test_the_kernels_are_those_of_run(self):
        if "XB_MARCH:STRING=x86-64-v3" not in (support.BUILD / "CMakeCache.txt").read_text():
            self.skipTest("not built for x86-64-v3")
        env = {key: value for key, value in os.environ.items() if key != "ATEN_CPU_CAPABILITY"}
        done = subprocess.run(self.command("--steps", 4, "--json", "--threads", 1), capture_output=True, text=True, check=True, env=env)
        self.assertIn("ATEN_CPU_CAPABILITY=avx2", json.loads(done.stdout)["machine"]["environment"])

    def interrupt(self, number, ranks=0):
        self.path = self.spec(support.LONG.format(epochs=100000))
        words = self.command("--steps", 10**7, "--threads", 1, ranks=ranks)
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.empty)
        self.started.append(process)

        def listens(pid):
            (caught,) = (line.split()[1] for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigCgt"))
            return int(caught, 16) >> (number - 1) & 1

        def all_listen():
            pids = support.ranks_of(process) if ranks else [process.pid]
            return len(pids) == max(ranks, 1) and all(map(listens, pids))

        self.wait_until(all_listen, "the handlers of its signals", process)
        process.send_signal(number)
        output, errors = process.communicate(timeout=120)
        self.assertEqual((process.returncode, output), (75, ""), errors)
        self.assertIn("xibench: interrupted: ", errors)
        self.assertEqual(list(self.empty.iterdir()), [])

    def test_a_signal_ends_it_with_nothing_left_behind(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            self.interrupt(number)

    @unittest.skipUnless(support.HAS_MPI, "built without MPI")
    def test_a_signal_to_mpirun_ends_all_ranks(self):
        self.interrupt(signal.SIGUSR1, ranks=2)


if __name__ == "__main__":
    support.main()
