import support
import csv
import math
import subprocess
import sys

from PIL import Image  # comes with matplotlib

import runs
import theory

NUMBERS = support.BUILD / "tests" / "analysis.theory_numbers"
if not (support.XIBENCH.exists() and NUMBERS.exists()):
    print(f"skipped: {support.XIBENCH} or {NUMBERS} is not built")
    sys.exit(77)
SWEEPS = support.SOURCE / "benchmarks" / "sweeps"


def number(text):
    try:
        return float(text)
    except ValueError:
        return text


class Theory(support.FolderTest):
    def run_sweep(self, name, *overrides):
        sets = [word for override in overrides for word in ("--set", override)]
        done = subprocess.run([support.XIBENCH, "run", SWEEPS / f"{name}.toml", "--all", "--out", self.folder / "runs", "--threads", "1",
                               "--progress", "none", *sets], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        found, problems = runs.find_runs([self.folder / "runs" / name])
        self.assertEqual(problems, [])
        return found

    def read(self, name):
        with open(self.folder / "out" / name, encoding="utf-8") as file:
            return [{key: number(value) for key, value in row.items()} for row in csv.DictReader(file)]

    def test_the_formulas_are_those_of_the_reference(self):
        cases = [(0.25, 3, 0.5, 0.125, 2, 1, 1, 8, 4), (0.0989, 32, 0.07, 0.4, 3.1, 0.25, 1.9, 16, 1e-3), (1, 1, 2, 0.1, 5, 0, 0.5, 64, 0)]
        lines = "".join(" ".join(map(repr, case)) + "\n" for case in cases)
        printed = subprocess.run([NUMBERS], input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
        self.assertEqual(len(printed), len(cases))
        for (p, k, distance2, lr, phi2, sigma2, L, n, gradient2), line in zip(cases, printed):
            ours = (theory.mixing_parameter_of_rounds(p, k), theory.recursion_bound(distance2, p, lr, phi2, sigma2),
                    theory.steady_state_bound(p, lr, phi2, sigma2),
                    theory.typical_distance2(p, lr, phi2, sigma2),
                    theory.critical_distance2(lr, sigma2, L, n, gradient2))
            for one, other in zip(ours, map(float, line.split())):
                self.assertLessEqual(abs(one - other), 32 * math.ulp(max(abs(other), 1)))  # under 20 roundings each, in another order
        self.assertEqual(theory.critical_distance2(0.5, 4, 2, 4, 8), 0.5)  # 0.5 * 4 / 8 + 8 / 32

    def test_the_critical_distance_from_the_error_is_what_the_policy_recorded(self):
        found = self.run_sweep("theory-critical", "seeds=[1]", "train.nodes=4", "control.policy=critical(factor = 0.5)",
                               "data.dataset=quadratic(dim = 20, L = 1, mu = 1, sigma = 0.5, zeta = 4, tilt = 0.5, steps = 60)")
        held = [run for run in found if run.config["train"]["algorithm"] == "dsgd"]
        self.assertEqual([theory.factor_of(run) for run in held], [0.5])
        for ours, recorded in zip(theory.critical_of(held[0]), held[0].steps["critical_distance"]):
            # The mean of the models after mixing is that before it within a few 2^-24 of |x| < 5; f - f* is above 1e-4 here, its root
            # above 1e-2.
            self.assertAlmostEqual(ours / recorded, 1, delta=1e-3)

    def test_every_figure_and_table_is_made_from_small_runs(self):
        dataset = "data.dataset=quadratic(dim = 20, L = 1, mu = 1, sigma = 1, zeta = 1, steps = 120)"
        self.run_sweep("theory-distance", "seeds=[1, 2]", "train.lr=0.1", "train.nodes=8", dataset)
        self.run_sweep("theory-rounds", "seeds=[1]", "train.nodes=8", "topology.name=ring", dataset)
        self.run_sweep("theory-critical", "seeds=[1]", "train.nodes=8",
                       "data.dataset=quadratic(dim = 20, L = 1, mu = 1, sigma = 0.5, zeta = 4, tilt = 0.9, steps = 300)")
        (self.folder / "out").mkdir()
        captions = theory.analyse(runs.find_runs([self.folder / "runs"])[0], self.folder / "out")

        self.assertEqual(len(captions), 3)
        for name in ("distance", "rounds", "critical"):
            with Image.open(self.folder / "out" / f"{name}.png") as image:
                self.assertGreater(min(image.size), 500)
        distance, rounds, critical = self.read("distance.csv"), self.read("rounds.csv"), self.read("critical.csv")
        self.assertEqual(len(distance), 3)
        for row in distance:
            self.assertLess(row["largest_share_of_recursion"], 1)
            self.assertLess(row["measured"], row["steady_state_bound"])
        self.assertEqual([row["rounds"] for row in rounds], [1, 2, 4, 8, 16, 32])
        for row in rounds[:4]:  # later ones meet the floor of 32-bit floats
            self.assertLessEqual(row["largest"], row["bound"] * (1 + 1e-5))
        by_factor = {row["factor"]: row for row in critical}
        self.assertEqual(by_factor[0.0]["steps_ratio"], 1)
        self.assertLess(by_factor[1.0]["steps_ratio"], 1.2)
        self.assertGreater(by_factor[16.0]["final_error"], 10 * by_factor[1.0]["final_error"])
        self.assertLessEqual(by_factor[1.0]["distance_over_critical"], 1.001)

    def test_graphs_that_change_from_round_to_round_are_refused(self):
        dataset = "data.dataset=quadratic(dim = 20, L = 1, mu = 1, sigma = 1, zeta = 1, steps = 20)"
        for topology, said in (("one-peer-exponential", "has a period of 3 rounds"), ("random-matching", "is drawn anew in each round")):
            found = self.run_sweep("theory-distance", "seeds=[1]", "train.lr=0.1", "train.nodes=8", f"topology.name={topology}", dataset)
            changing = [run for run in found if run.config["topology"]["name"] == [topology]]
            self.assertEqual(len(changing), 1)
            with self.assertRaisesRegex(runs.RunFileError, f"{topology} {said}"):
                theory.mixing(changing[0])
        done = subprocess.run([sys.executable, support.SOURCE / "analysis" / "theory.py", self.folder / "runs", "-o", self.folder / "out"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("fixed matrix", done.stderr)
        self.assertNotIn("Traceback", done.stderr)

    def test_the_factor_where_a_column_crosses_a_level(self):
        rows = [{"factor": f, "x": x} for f, x in ((0, 1), (1, 1), (2, 4), (4, 16), (float("nan"), 9))]
        self.assertEqual(theory.crossing(rows, "x", 2), 2**0.5)
        self.assertTrue(math.isnan(theory.crossing(rows, "x", 20)))

    def test_other_runs_are_refused_by_name(self):
        done = subprocess.run([sys.executable, support.SOURCE / "analysis" / "theory.py", self.folder, "-o", self.folder / "out"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("no run of theory-distance", done.stderr)


support.main()
