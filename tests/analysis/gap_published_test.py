"""Published values stand beside runs of the experiment they were published for, and beside no others: the shipped sweeps, planned, with
invented run files in place of the runs."""

import support
import csv
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import h5py

import synthetic_runs

support.needs(support.XIBENCH)
SWEEPS = support.SOURCE / "benchmarks" / "sweeps"
TABLES = support.SOURCE / "reference" / "kong2021"
ACCURACIES = ("final_test_accuracy", "final_test_accuracy_nodes_mean", "final_test_accuracy_nodes_min", "best_test_accuracy")


def write_invented(path, template, planned, name, source):
    """The run file of a planned run: rows of the template, and 90 % everywhere."""
    shutil.copy(template, path)
    with h5py.File(path, "r+") as file:
        file.attrs.update({"run_id": planned["id"], "name": name, "seed": planned["seed"], "variant": " | ".join(planned["variants"])})
        for key, text in (("config", json.dumps(planned["config"], sort_keys=True)), ("config_source", source)):
            del file[key]
            file[key] = text
        file["summary"].attrs.update({key: 90.0 for key in ACCURACIES})


def rows_of(table):
    with open(TABLES / f"{table}.csv", encoding="utf-8") as file:
        return {(int(row["n"]), row["arm"]): row for row in csv.DictReader(file)}


def arm_of(variant, phase):
    return variant if variant == "centralized" else "dsgd" if variant == "D-SGD" else f"phase {phase} at {variant.replace(' Xi_max', '').replace('Xi_max', 'max')}"


class GapPublished(support.FolderTest):
    def table(self, name, *sets):
        """The rows of `xibench gap --format json`, as (axes, row), of seed 1 of a shipped sweep."""
        sweep, folder = SWEEPS / f"{name}.toml", Path(tempfile.mkdtemp(dir=self.folder))
        overrides = [word for override in ("seeds=[1]", *sets) for word in ("--set", override)]
        planned = subprocess.run([support.XIBENCH, "plan", sweep, "--json", *overrides], capture_output=True, text=True, check=True)
        template = synthetic_runs.write_run(self.folder / "template", "centralized", 1)
        for run in json.loads(planned.stdout)["runs"]:
            write_invented(folder / f"{run['id']}.h5", template, run, name, sweep.read_text(encoding="utf-8"))
        done = subprocess.run([support.XIBENCH, "gap", folder, "--format", "json", "--sweep", sweep, *overrides], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [(group["axes"], row) for group in json.loads(done.stdout)["groups"] for row in group["rows"]]

    def test_every_run_of_the_paper_s_sweep_finds_its_published_values(self):
        accuracies, differences = rows_of("cifar10"), rows_of("cifar10_gap")
        seen, seen_differences = set(), set()
        for axes, row in self.table("kong2021"):
            n, phase = int(axes["train.nodes"]), axes["control.in_phase"]
            arm = arm_of(row["variant"], phase)
            with self.subTest(n=n, arm=arm):
                expected, quoted = accuracies.get((n, arm)), row["published"]
                self.assertEqual(quoted is None, expected is None)
                if expected:
                    self.assertEqual((quoted["accuracy"], quoted["spread"], quoted["status"]), (float(expected["value"]), float(expected["std"]), expected["status"]))
                    seen.add((n, arm))
                expected, quoted = differences.get((n, f"gap {arm}")), row["published_difference"]
                self.assertEqual(quoted is None, expected is None)
                if expected:
                    self.assertEqual((quoted["difference"], quoted["spread"], quoted["status"]), (float(expected["value"]), None, expected["status"]))
                    seen_differences.add((n, f"gap {arm}"))
        self.assertEqual(seen, accuracies.keys())
        self.assertEqual(seen_differences, differences.keys())
        self.assertEqual(len(seen_differences), 3)

    def published(self, name, *sets):
        return {(row["variant"], *(value for key, value in axes.items() if key != "control.in_phase")) for axes, row in self.table(name, *sets)
                if row["published"] or row["published_difference"]}

    def test_the_ablations_find_none_but_for_the_arms_that_they_share_with_the_paper_s_tables(self):
        self.assertEqual(self.published("kong2021-no-momentum"), set())
        self.assertEqual(self.published("kong2021-cosine"), set())
        self.assertEqual(self.published("kong2021-heterogeneous"), set())
        self.assertEqual(self.published("kong2021-cpu"), set())
        self.assertEqual(self.published("kong2021-exponential"), {("centralized",)})  # which has no graph
        self.assertEqual(self.published("kong2021-adaptive"), {("centralized",), ("D-SGD",)})
        same = ("300", "steps(150, 225)")  # its first cell is the paper's experiment
        self.assertEqual(self.published("kong2021-long-phase1"), {(variant, *same) for variant in ("centralized", "D-SGD", "Xi_max", "1/2 Xi_max", "1/4 Xi_max")})

    def test_one_setting_that_is_changed_makes_it_another_experiment(self):
        momentum = ("train.momentum=0.9", "train.nesterov=true")
        self.assertEqual(len(self.published("kong2021-no-momentum", *momentum)), 5)  # that ablation without its ablation
        for change in ("train.batch_size=64", "train.warmup_epochs=0", "model.norm=group", "evaluation.validation=0.1"):
            with self.subTest(change):
                self.assertEqual(self.published("kong2021-no-momentum", *momentum, change), set())
        without_target = {("centralized",), ("D-SGD",), ("Xi_max",)}
        self.assertEqual(self.published("kong2021-no-momentum", *momentum, "control.statistic=mean"), without_target)


if __name__ == "__main__":
    support.main()
