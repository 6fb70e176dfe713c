import support
import csv
import math
import subprocess
import sys

from PIL import Image  # comes with matplotlib

import run_file
import run_sets
import theory
import theory_formulas

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
        found, problems = run_sets.find_runs([self.folder / "runs" / name])
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
            ours = (theory_formulas.mixing_parameter_of_rounds(p, k), theory_formulas.recursion_bound(distance2, p, lr, phi2, sigma2),
                    theory_formulas.steady_state_bound(p, lr, phi2, sigma2),
                    theory_formulas.typical_distance2(p, lr, phi2, sigma2),
                    theory_formulas.critical_distance2(lr, sigma2, L, n, gradient2))
            for one, other in zip(ours, map(float, line.split())):
                self.assertLessEqual(abs(one - other), 32 * math.ulp(max(abs(other), 1)))  # under 20 roundings each, in another order
        self.assertEqual(theory_formulas.critical_distance2(0.5, 4, 2, 4, 8), 0.5)  # 0.5 * 4 / 8 + 8 / 32

    def test_the_critical_distance_from_the_evaluations_is_what_the_policy_recorded(self):
        for sweep, dataset in (("theory-critical", "quadratic(dim = 20, L = 1, mu = 0.5, sigma = 0.5, zeta = 4, tilt = 0.5, steps = 60)"),
                               ("theory-critical-logistic", "logistic-synthetic(dim = 5, samples = 120, tilt = 0.5, spread = 4)")):
            with self.subTest(sweep):
                found = self.run_sweep(sweep, "seeds=[1]", "train.nodes=4", "train.batch_size=2", "train.epochs=1", "control.policy=critical(factor = 0.5)",
                                       f"data.dataset={dataset}")
                held = [run for run in found if run.config["train"]["algorithm"] == "dsgd"]
                self.assertEqual([theory.factor_of(run) for run in held], [0.5])
                self.assertEqual(theory.tilt(held[0]), 0.5)
                self.assertEqual(len(held[0].steps["critical_distance"]), 60)
                for ours, recorded in zip(theory.critical_of(held[0]), held[0].steps["critical_distance"]):
                    # The mean of the models after mixing is that before it within a few 2^-24 of |x| < 5; ‖∇f‖ is above 1e-2 here.
                    self.assertAlmostEqual(ours / recorded, 1, delta=1e-3)

    def test_the_noise_of_logistic_regression_is_taken_where_the_run_was_and_not_at_the_optimum(self):
        run, = self.run_sweep("theory-distance-logistic", "seeds=[1]", "train.nodes=4", "topology.name=ring", "train.lr=0.01", "train.epochs=2")
        at_start, at_end = run.evaluations["gradient_variance_mean_model"]
        self.assertGreater(at_start, at_end)
        self.assertEqual(theory.noise(run), at_end)
        self.assertGreater(abs(at_end - run.problem["sigma2"]), 0.001)

    def test_every_figure_and_table_is_made_from_small_runs(self):
        dataset = "data.dataset=quadratic(dim = 20, L = 1, mu = 1, sigma = 1, zeta = 1, steps = 120)"
        self.run_sweep("theory-distance", "seeds=[1, 2]", "train.lr=0.1", "train.nodes=8", dataset)
        self.run_sweep("theory-rounds", "seeds=[1]", "train.nodes=8", "topology.name=ring", dataset)
        self.run_sweep("theory-critical", "seeds=[1]", "train.nodes=8",
                       "data.dataset=quadratic(dim = 20, L = 1, mu = 1, sigma = 0.5, zeta = 4, tilt = 0.9, steps = 300)")
        self.run_sweep("theory-distance-logistic", "seeds=[1]", "train.lr=0.1", "train.nodes=8", "train.epochs=4")
        self.run_sweep("theory-critical-logistic", "seeds=[1]", "train.nodes=8", "train.epochs=100",
                       "data.dataset=logistic-synthetic(dim = 5, samples = 200, regularization = 0.02, tilt = 0.9, spread = 4, test = 16)")
        (self.folder / "out").mkdir()
        captions = theory.analyse(run_sets.find_runs([self.folder / "runs"])[0], self.folder / "out")

        self.assertEqual(len(captions), 5)
        self.assertEqual([caption.split(":")[0] for caption in captions[:4]], ["Quadratics", "Quadratics", "Logistic regression", "Logistic regression"])
        for name in ("distance", "rounds", "critical", "distance-logistic", "critical-logistic"):
            with Image.open(self.folder / "out" / f"{name}.png") as image:
                self.assertGreater(min(image.size), 500)
        rounds = self.read("rounds.csv")
        for row in self.read("distance.csv") + self.read("distance-logistic.csv"):
            self.assertLess(row["largest_share_of_recursion"], 1)
            self.assertLess(row["measured"], row["steady_state_bound"])
        self.assertEqual([row["rounds"] for row in rounds], [1, 2, 4, 8, 16, 32])
        for row in rounds[:4]:  # later ones meet the floor of 32-bit floats
            self.assertLessEqual(row["largest"], row["bound"] * (1 + 1e-5))
        for name in ("critical.csv", "critical-logistic.csv"):
            by_factor = {row["factor"]: row for row in self.read(name)}
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
            with self.assertRaisesRegex(run_file.RunFileError, f"{topology} {said}"):
                theory.mixing(changing[0])
        done = support.program("theory.py", self.folder / "runs", "-o", self.folder / "out")
        self.assertEqual(done.returncode, 2)
        self.assertIn("fixed matrix", done.stderr)
        self.assertNotIn("Traceback", done.stderr)

    def test_other_algorithms_and_momentum_are_refused(self):
        small = ("seeds=[1]", "train.lr=0.1", "train.nodes=8", "topology.name=ring", "data.dataset=quadratic(dim = 20, L = 1, mu = 1, sigma = 1, zeta = 1, steps = 20)")
        for other, said in (("train.algorithm=gradient-tracking", "gradient-tracking with momentum 0"), ("train.momentum=0.5", "dsgd with momentum 0.5")):
            found = self.run_sweep("theory-distance", *small, other)
            with self.assertRaisesRegex(run_file.RunFileError, f"the bounds are those of D-SGD without momentum, and this run is {said}"):
                theory.analyse([run for run in found if other.split("=")[1] in str(run.config["train"].values())], self.folder)

    def theory(self):
        return support.program("theory.py", self.folder / "runs", "-o", self.folder / "out")

    def test_runs_with_weight_decay_are_refused(self):
        self.run_sweep("theory-distance", "seeds=[1]", "train.lr=0.1", "train.nodes=8", "topology.name=ring", "train.weight_decay=0.001",
                       "data.dataset=quadratic(dim = 20, L = 1, mu = 1, sigma = 1, zeta = 1, steps = 20)")
        done = self.theory()
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn(".h5: the run has train.weight_decay = 0.001, and the f*, σ² and Γ that its file knows are those of the problem without it", done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1)

    def test_a_sweep_that_never_comes_to_one_percent_has_a_table_and_a_sentence_and_the_others_their_figures(self):
        self.run_sweep("theory-critical", "seeds=[1]", "train.nodes=4", "data.dataset=quadratic(dim = 20, L = 1, mu = 0.01, sigma = 0.5, zeta = 4, tilt = 0.9, steps = 5)")
        self.run_sweep("theory-rounds", "seeds=[1]", "train.nodes=8", "topology.name=ring", "data.dataset=quadratic(dim = 20, L = 1, mu = 1, sigma = 1, zeta = 1, steps = 60)")
        done = self.theory()
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"^theory: .*theory-critical: no variant comes to 1% of the first f - f\* in all seeds.* the nearest run comes to [\d.]+%: no figure \(the table "
                                      r"critical.csv is written\); train longer\n$")
        self.assertTrue(self.read("critical.csv"))
        self.assertFalse((self.folder / "out" / "critical.png").exists())
        self.assertTrue((self.folder / "out" / "rounds.png").exists())
        self.assertIn("k rounds contract", done.stdout)

    def test_runs_that_leave_nothing_to_compare_are_refused_by_a_sentence(self):
        dataset = "data.dataset=quadratic(dim = 20, L = 1, mu = 1, sigma = 1, zeta = 1, steps = 20)"
        for sweep, other, said in (("theory-distance", "control.policy=exact", "the consensus distance is 0 or was not measured"),
                                   ("theory-distance", "train.schedule=cosine", "one learning rate, one graph and one policy"),
                                   ("theory-rounds", "control.policy=exact", "that of rounds(k), and this run has exact")):
            with self.subTest(other):
                self.run_sweep(sweep, "seeds=[1]", "train.nodes=8", "topology.name=ring", dataset, other)
                done = self.theory()
                self.assertEqual(done.returncode, 2)
                self.assertIn(said, done.stderr)
                self.assertNotIn("Traceback", done.stderr)
                self.setUp()

    def test_the_factor_where_a_column_crosses_a_level(self):
        rows = [{"factor": f, "x": x} for f, x in ((0, 1), (1, 1), (2, 4), (4, 16), (float("nan"), 9))]
        self.assertEqual(theory.crossing(rows, "x", 2), 2**0.5)
        self.assertTrue(math.isnan(theory.crossing(rows, "x", 20)))

    def test_other_runs_are_refused_by_name(self):
        done = support.program("theory.py", self.folder, "-o", self.folder / "out")
        self.assertEqual(done.returncode, 2)
        self.assertIn("no run of theory-distance", done.stderr)

    def test_runs_without_the_constants_are_refused_by_name(self):
        run, = self.run_sweep("theory-distance-logistic", "seeds=[1]", "train.nodes=4", "topology.name=ring", "train.lr=0.1", "train.epochs=1")
        for damage in (lambda: run.problem.clear(), lambda: run.evaluations.pop("gradient_variance_mean_model")):
            damage()
            with self.assertRaisesRegex(run_file.RunFileError, f"{run.id}.h5: the constants of logistic-synthetic.* are not in it"):
                theory.distance_rows([run])


support.main()
