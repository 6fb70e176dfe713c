"""Every sweep in benchmarks/sweeps/ can be planned, and the runs and steps that its header states are those of its plan."""

import functools
import json
import re
import sys
import unittest

sys.path.insert(0, f"{sys.argv[1]}/tests")
from script import SOURCE, XIBENCH, main, needs, xibench  # noqa: E402

needs(XIBENCH)
SWEEPS = sorted((SOURCE / "benchmarks" / "sweeps").glob("*.toml"))


@functools.cache
def plan(path):
    return xibench("plan", path, "--json", status=None)


class ShippedSweeps(unittest.TestCase):
    def test_there_are_sweeps(self):
        names = {path.stem for path in SWEEPS}
        self.assertLessEqual({"quickstart", "kong2021", "kong2021-cpu", "kong2021-smoke", "theory-critical", "theory-distance", "theory-rounds"}, names)

    def test_each_plans_without_error_under_its_own_name(self):
        for path in SWEEPS:
            with self.subTest(path.name):
                done = plan(path)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertEqual(json.loads(done.stdout)["name"], path.stem)

    def test_the_header_states_what_the_plan_costs(self):
        for path in SWEEPS:
            if path.stem.startswith("quickstart"):
                continue  # ./quickstart states its cost
            with self.subTest(path.name):
                header = re.search(r"^# Cost:\s+([\d,]+) runs, ([\d,]+) steps: \S", path.read_text(encoding="utf-8"), re.MULTILINE)
                self.assertIsNotNone(header, "no line '# Cost: N runs, M steps: ...'")
                runs = json.loads(plan(path).stdout)["runs"]
                stated = tuple(int(number.replace(",", "")) for number in header.groups())
                self.assertEqual(stated, (len(runs), sum(run["cost"]["steps"] for run in runs)))

    def test_each_says_what_to_expect_and_what_it_makes(self):
        for path in SWEEPS:
            if path.stem.startswith("quickstart"):
                continue
            with self.subTest(path.name):
                text = path.read_text(encoding="utf-8")
                self.assertRegex(text, r"(?m)^# Expected")
                self.assertRegex(text, r"(?m)^# Table:")
                self.assertLessEqual(max(map(len, text.splitlines())), 160)

    def test_the_paper_s_sweeps_hold_every_arm_of_the_published_tables(self):
        runs = json.loads(plan(SOURCE / "benchmarks" / "sweeps" / "kong2021.toml").stdout)["runs"]
        arms = {(run["config"]["train"]["nodes"], run["config"]["train"]["algorithm"], tuple(run["config"]["control"]["policy"])) for run in runs}
        for nodes in (16, 32, 64):
            self.assertIn((nodes, "centralized", ("rounds(1)",) * 3), arms)
            self.assertIn((nodes, "dsgd", ("rounds(1)",) * 3), arms)
            for phase in range(3):
                for policy in ("rounds(1)", "fraction(0.5)", "fraction(0.25)", "fraction(0.125)"):
                    self.assertIn((nodes, "dsgd", tuple(policy if k == phase else "exact" for k in range(3))), arms)
        self.assertEqual({run["config"]["train"]["nodes"]: run["config"]["train"]["lr"] for run in runs}, {16: 0.8, 32: 1.6, 64: 3.2})

    def test_every_phase_sweep_goes_down_to_an_eighth_of_the_uncontrolled_distance(self):
        sweeps = [path for path in SWEEPS if path.stem.startswith("kong2021")]
        self.assertEqual(len(sweeps), 9)
        for path in sweeps:
            with self.subTest(path.name):
                runs = json.loads(plan(path).stdout)["runs"]
                arms = [run["config"]["control"]["policy"] for run in runs if "1/8 Xi_max" in run["variants"]]
                self.assertTrue(arms)
                self.assertEqual({policy for policies in arms for policy in policies} - {"exact"}, {"fraction(0.125)"})

    def test_the_table_of_costs_counts_the_runs_of_every_plan(self):
        readme = (SOURCE / "benchmarks" / "sweeps" / "README.md").read_text(encoding="utf-8")
        slurm = (SOURCE / "slurm" / "README.md").read_text(encoding="utf-8")
        for path in SWEEPS:
            with self.subTest(path.name):
                count = len(json.loads(plan(path).stdout)["runs"])
                self.assertRegex(readme, rf"(?m)^\| `{path.stem}` \| [^|]+ \| {count} \|")
                name = path.stem.replace("kong2021-", "(?:kong2021)?-")
                if row := re.search(rf"(?m)^\| (?:`[^`|]+`, )*`{name}`[^|]* \| (\d+)(?: each)? \|", slurm):
                    self.assertEqual(int(row.group(1)), count)


if __name__ == "__main__":
    main()
