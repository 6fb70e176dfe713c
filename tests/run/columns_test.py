"""What the columns of a run file say of communication: under every gauge, with every kind of mixing, and with rounds that control adds or leaves out."""

import json
import math
import subprocess

import support
from support import signal, time

support.needs("h5py", "numpy")
import h5py  # noqa: E402
import numpy as np  # noqa: E402

PEAK, PER_PHASE = 0.2, 4
# A phase of four steps for each kind of communication.
KINDS = {"several rounds": "rounds(2)", "weak": "dsgd-ac(after = 0, power = 1)", "none": "rounds(0)", "averaging": "exact", "held": "target(0.3)"}
PROBLEM = f"""
seeds = [1]
[data]
dataset = "quadratic(dim = 50, zeta = 2, sigma = 1, steps = {PER_PHASE})"
[model]
name = "none"
[train]
nodes = 8
epochs = {len(KINDS)}
batch_size = 1
lr = {PEAK}
schedule = "cosine"
"""
GAUGES = f"""
name = "gauges"{PROBLEM}
phases = {list(range(1, len(KINDS)))}
[control]
policy = {list(KINDS.values())}
[[variant]]
name = "exact"
[[variant]]
name = "sketch"
control.gauge = "sketch(8)"
[[variant]]
name = "displacement"
control.gauge = "displacement"
[[variant]]
name = "none"
control.gauge = "none"
[[variant]]
name = "every other step"
control.gauge = "displacement"
control.measure_every = 2
[[variant]]
name = "centralized"
control.gauge = "displacement"
control.policy = "rounds(1)"
train.algorithm = "centralized"
"""
ROUNDS = f"""
name = "rounds"{PROBLEM}
[[variant]]
name = "plain"
[[variant]]
name = "above"
control.policy = "fraction(1.01)"
[[variant]]
name = "above, free"
control.policy = "fraction(1.01)"
control.min_rounds = 0
[[variant]]
name = "half, three"
control.policy = "fraction(0.5)"
control.min_rounds = 3
[[variant]]
name = "critical"
control.policy = "critical(factor = 100)"
"""


class Columns(support.RunTest):
    def run_all(self, text):
        self.run_to_end(self.spec(text), self.folder / "out")
        runs = {}
        for path in (self.folder / "out").glob("*/*.h5"):
            with h5py.File(path) as file:
                steps = {name: column[()] for name, column in file["steps"].items()}
                runs[file.attrs["variant"]] = {**steps, "p": file["topology/1"].attrs["p"], "model": file.attrs["final_model_sha256"]}
        return runs

    def part(self, run, column, kind):
        first = PER_PHASE * list(KINDS).index(kind)
        return run[column][first:first + PER_PHASE]

    def nan(self, values):
        self.assertTrue(np.isnan(values).all(), values)

    def test_strength_displacement_and_distance_are_there_where_they_were_measured(self):
        runs = self.run_all(GAUGES)
        centralized, exact = runs.pop("centralized"), runs["exact"]
        for name, run in runs.items():
            with self.subTest(name):
                self.assertEqual(run["model"], exact["model"])
                self.assertEqual(list(self.part(run, "mixing_strength", "several rounds")), [1.0] * PER_PHASE)
                self.assertEqual(list(self.part(run, "mixing_strength", "weak")), list(self.part(run, "lr", "weak") / PEAK))
                self.assertLess(self.part(run, "mixing_strength", "weak").max(), 1)
                self.assertEqual(list(self.part(run, "mixing_strength", "held")), [1.0] * PER_PHASE)
                for kind in ("none", "averaging"):
                    self.nan(self.part(run, "mixing_strength", kind))
                self.nan(run["critical_distance"])
                # Exact averaging leaves 0 and control measures, whatever the gauge is.
                self.assertTrue((self.part(run, "consensus_distance", "held") == self.part(exact, "consensus_distance", "held")).all())
        for name in ("exact", "sketch"):
            self.assertTrue(np.isfinite(runs[name]["consensus_distance"]).all())
            self.nan(runs[name]["displacement"])
        for kind in ("several rounds", "weak", "none"):
            self.nan(self.part(runs["none"], "consensus_distance", kind))
            self.nan(self.part(runs["displacement"], "consensus_distance", kind))
        self.nan(runs["none"]["displacement"])

        moved, before = runs["displacement"], exact["consensus_distance_before"]
        for kind in ("several rounds", "weak", "held"):
            theta, xi = self.part(moved, "displacement", kind), self.part(exact, "consensus_distance_before", kind)
            self.assertTrue((2 / moved["p"] * theta >= xi).all())  # the bound on Ξ before the round
            self.assertTrue((theta <= 2 * xi).all())  # no eigenvalue of W - I is below -2
        for kind in ("none", "averaging"):
            self.nan(self.part(moved, "displacement", kind))
        self.assertGreater(before.min(), 0)
        rarely = runs["every other step"]["displacement"]
        self.nan(rarely[1::2])
        self.assertTrue(np.array_equal(rarely[::2], moved["displacement"][::2], equal_nan=True))
        for column in ("mixing_strength", "displacement", "critical_distance"):
            self.nan(centralized[column])

    def test_control_adds_rounds_to_those_of_plain_gossip_and_leaves_them_out_only_on_request(self):
        runs = self.run_all(ROUNDS)
        plain, above, free, three = (runs[name] for name in ("plain", "above", "above, free", "half, three"))
        self.assertEqual(above["model"], plain["model"])
        self.assertEqual(set(above["gossip_rounds"]), {1})
        self.assertTrue((above["consensus_distance"] == plain["consensus_distance"]).all())
        self.assertIn(0, free["gossip_rounds"])
        self.nan(free["mixing_strength"][free["gossip_rounds"] == 0])
        self.assertGreater(np.median(free["consensus_distance"]), np.median(plain["consensus_distance"]))
        self.assertLessEqual(free["consensus_distance"].max(), 1.01 * plain["consensus_distance"].max() * (1 + 1e-6))
        self.assertEqual(three["gossip_rounds"].min(), 3)
        self.assertGreater(runs["critical"]["critical_distance"].min(), 0)
        self.assertEqual(runs["critical"]["model"], plain["model"])  # a target that asks for nothing
        self.nan(plain["critical_distance"])
        self.assertTrue(math.isfinite(plain["p"]))

    def test_methods_differ_in_what_deciding_took_and_in_nothing_else(self):
        text = f'name = "methods"{PROBLEM.replace("epochs = 5", "epochs = 2")}[control]\npolicy = "target(0.3)"\n' + "".join(
            f'[[variant]]\nname = "{name}"\n{method}' for name, method in
            {"unset": "", **{each: f'control.method = "{each}"\n' for each in ("gram", "loop", "auto", "auto(latency = 0, bandwidth = 1e6)")}}.items())
        runs = self.run_all(text)
        unset = runs.pop("unset")
        self.nan(unset["decision_by_gram"])
        self.nan(unset["decision_measurements"])
        timed = {"wall_s", "data_s", "compute_s", "update_s", "mix_s", "gauge_s", "record_s", "wait_s", "t_ns", "flags", "wire_bytes"}
        differ = {"decision_by_gram", "decision_measurements", "decision_bytes_sent", "gauge_bytes_sent"}
        for name, run in runs.items():
            for column, values in run.items():
                if column not in timed | differ:
                    self.assertTrue(np.array_equal(values, unset[column], equal_nan=isinstance(values, np.ndarray)), (name, column))
        self.assertEqual(set(runs["gram"]["decision_by_gram"]), {1})
        self.assertEqual(list(runs["loop"]["decision_measurements"]), list(runs["loop"]["gossip_rounds"]))
        cheap = runs["auto(latency = 0, bandwidth = 1e6)"]
        self.assertEqual(set(cheap["decision_by_gram"]), {0, 1})
        self.assertLess(cheap["decision_bytes_sent"].sum(), runs["gram"]["decision_bytes_sent"].sum())
        path = next(path for path in (self.folder / "out").glob("*/*.h5") if self.show(path)["variant"] == "loop")
        self.assertIn(f"by the loop in {len(unset['step'])}; ", subprocess.run([support.XIBENCH, "show", path], capture_output=True, text=True, check=True).stdout)
        planned = subprocess.run([support.XIBENCH, "plan", self.folder / "sweep.toml"], capture_output=True, text=True, check=True)
        self.assertIn("control.method = loop, 8 nodes: a Gram matrix sends ", planned.stderr)
        costs = [run["cost"] for run in json.loads(subprocess.run([support.XIBENCH, "plan", self.folder / "sweep.toml", "--json"], capture_output=True, check=True).stdout)["runs"]]
        self.assertEqual({cost["gram_bytes"] for cost in costs}, {runs["gram"]["decision_bytes_sent"][0]})
        self.assertEqual({cost["distance_bytes"] for cost in costs}, {(runs["loop"]["decision_bytes_sent"] / runs["loop"]["decision_measurements"])[0]})

    def test_a_moving_target_is_recorded_with_its_first_last_and_least_value_and_a_fixed_one_as_itself(self):
        policies = ["adaptive(0.1, beta = 0.25)", "target(0.3)", "rounds(1)", "fraction-of-start(0.5, steps = 2)"]
        spec = self.spec(f'name = "targets"{PROBLEM.replace("epochs = 5", "epochs = 4")}phases = [1, 2, 3]\n[control]\npolicy = {policies}\n'.replace("'", '"'))
        out = self.folder / "targets"
        self.run_to_end(spec, out, 2 if support.HAS_MPI else 0)
        path = next(out.glob("*/*.h5"))
        with h5py.File(path) as run:
            steps, phase, found = run["steps/target_distance"][()], run["steps/phase"][()], {name: column[()] for name, column in run["phases"].items()}
        for k in range(4):
            known = steps[(phase == k + 1) & np.isfinite(steps)]
            expected = [known[0], known[-1], known.min()] if known.size else [math.nan] * 3
            np.testing.assert_array_equal([found[name][k] for name in ("target_first", "target", "target_min")], expected)
        self.assertGreater(len({found[name][0] for name in ("target_first", "target", "target_min")}), 1)
        self.assertEqual(found["target_first"][1], 0.3)
        self.nan(found["target_min"][2:3])

        shown = subprocess.run([support.XIBENCH, "show", path], capture_output=True, text=True, check=True).stdout
        lines = [line.strip() for line in shown.splitlines() if " at first, " in line]
        self.assertEqual(lines, ["target {:.4g} at first, {:.4g} at last, {:.4g} at least".format(*(found[name][0] for name in ("target_first", "target", "target_min")))])
        self.assertEqual(self.show(path)["phases"][0]["target_min"], found["target_min"][0])
        self.assertIn(": valid", subprocess.run([support.XIBENCH, "show", "--validate", path], capture_output=True, text=True, check=True).stdout)


class Stragglers(support.RunTest):
    def test_steps_during_which_the_program_was_stopped_are_marked(self):
        spec, out = self.spec(support.LONG.format(epochs=60)), self.folder / "out"
        process = self.start(spec, out)
        self.wait_until(lambda: self.status(spec, out)[0].get("step", 0) > 0, "the first steps", process)
        for _ in range(5):  # one may fall into an evaluation, or into recording, which does not count
            process.send_signal(signal.SIGSTOP)
            time.sleep(0.3)
            process.send_signal(signal.SIGCONT)
            time.sleep(0.05)
        self.ended(process, 0)

        with h5py.File(next(out.glob("*/*.h5"))) as file:
            steps = {name: column[:] for name, column in file["steps"].items()}
        seconds, judged = steps["wall_s"] - steps["record_s"], steps["flags"] & 7 == 0
        expected = np.zeros(len(seconds), bool)
        kinds = np.stack([steps[name] for name in ("attempt", "phase", "communication", "gossip_rounds")], axis=1)
        for kind in np.unique(kinds[judged], axis=0):
            like = judged & (kinds == kind).all(axis=1)
            if like.sum() >= 5:
                expected |= like & (seconds > 2 * np.sort(seconds[like])[like.sum() // 2])
        self.assertTrue(((steps["flags"] & 8 > 0) == expected).all())
        self.assertGreater(seconds[expected].max(), 0.25)


if __name__ == "__main__":
    support.main()
