"""`xibench cost` against a plain twin of its own, and against `xibench gap` and the report's page: cost_command_test.py SOURCE BUILD."""

import csv
import io
import json
import math
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, f"{sys.argv[1]}/tests/run")
import support  # noqa: E402

support.needs("h5py")
import h5py  # noqa: E402

SWEEP = support.QUADRATIC.replace("seeds = [1]", "seeds = [1, 2]\ndelta = 0.05") + """
[[variant]]
name = "adaptive"
control.policy = "adaptive(0.2)"
[[variant]]
name = "critical"
control.policy = "critical(1)"
[[variant]]
name = "star & one_peer"
topology.name = ["star", "one-peer-ring"]
[[variant]]
name = "diverged"
train.lr = 1e30
[[variant]]
name = "loop"
control.policy = "target(0.3)"
control.method = "loop"
[[variant]]
name = "auto"
control.policy = "adaptive(0.2)"
control.method = "auto(latency = 0)"
[sweep]
"train.nodes" = [4, 6]
"""
EXCHANGES = {"target": 2, "adaptive": 2 + 1, "critical": 2 + 2}  # in which every node has a message for every other: two for the Gram matrix
LATENCY, BANDWIDTH = 1e-3, 2e6
NETWORK = "latency=1ms,bandwidth=16Mb/s"


def all_reduce_seconds(n, model, how):
    message = lambda size: LATENCY + size / BANDWIDTH
    if how == "ring":
        return 2 * (n - 1) * message(model / n)
    seconds, power = 0, 2 ** int(math.log2(n))
    if power < n:
        seconds += 2 * message(model)
    while power > 1:
        seconds += 2 * message(model / power)
        power //= 2
    return seconds


class Twin:
    """One run file in seconds, step by step, message by message."""

    def __init__(self, path, how="ring"):
        with h5py.File(path) as file:
            self.config = json.loads(file["config"][()])
            self.diverged = file.attrs["outcome"] == "diverged"
            steps = {name: column[()] for name, column in file["steps"].items()}
            evaluations = {name: file["evaluations"][name][()] for name in ("step", "test_loss_mean_model")}
            policies = [text.decode().split("(")[0] for text in file["phases/policy"][()]]
            matrices = [file[f"topology/{k + 1}/W"][()] for k in range(len(policies))]
            attempts = {name: file[f"provenance/attempts/{name}"][()] for name in ("ranks", "threads")}
        n = self.config["train"]["nodes"]
        model = 4 * 100
        rounds_done = [0] * len(policies)
        computed = []
        self.mixing, self.decision, self.bytes = [], [], []
        for t, communication in enumerate(steps["communication"]):
            k = steps["phase"][t] - 1
            mixing = decision = 0.0
            sent = int(steps["bytes_sent"][t])
            if communication != 2 and policies[k] in EXCHANGES:
                asked = int(steps["decision_bytes_sent"][t])
                exchanges = EXCHANGES[policies[k]]
                if "method" in self.config["control"]:  # two for each measurement of the distance, and for a Gram matrix if there was one
                    exchanges += 2 * (steps["decision_measurements"][t] + steps["decision_by_gram"][t] - 1)
                decision = (exchanges * (n - 1) + math.ceil(math.log2(n))) * LATENCY + asked / n / BANDWIDTH
                sent += asked
            if communication > 0:
                mixing = all_reduce_seconds(n, model, how)
            for _ in range(steps["gossip_rounds"][t]):
                w = matrices[k] if matrices[k].ndim == 2 else matrices[k][rounds_done[k] % len(matrices[k])]
                rounds_done[k] += 1
                receives = [sum(w[i][j] != 0 for j in range(n) if j != i) for i in range(n)]
                sends = [sum(w[i][j] != 0 for i in range(n) if i != j) for j in range(n)]
                mixing += max(receives + sends) * (LATENCY + model / BANDWIDTH)
            self.mixing.append(mixing)
            self.decision.append(decision)
            self.bytes.append(sent)
            here = math.ceil(n / attempts["ranks"][0])
            if not steps["flags"][t] & 7:
                computed.append((steps["data_s"][t] + steps["compute_s"][t] + steps["update_s"][t]) * min(here, attempts["threads"][0]) / here)
        self.compute = statistics.median(computed) if computed else math.nan
        self.scores = [] if self.diverged else list(zip(evaluations["step"], evaluations["test_loss_mean_model"]))

    def seconds(self, steps):
        return steps * self.compute + sum(self.mixing[:steps]) + sum(self.decision[:steps])

    def first(self, target):
        return next((int(step) for step, loss in self.scores if loss <= target), None)

    def values(self, target):
        steps, first = len(self.mixing), self.first(target)
        reached = (lambda value: math.nan if first is None else value)
        return {"loss": self.scores[-1][1] if self.scores else math.nan, "step_s": self.seconds(steps) / steps, "compute_s": self.compute,
                "mixing_s": sum(self.mixing) / steps, "decision_s": sum(self.decision) / steps, "network_s": sum(self.mixing) + sum(self.decision),
                "bytes": sum(self.bytes), "target_steps": reached(first), "target_s": reached(self.seconds(first or 0)), "target_bytes": reached(sum(self.bytes[:first or 0]))}


class CostCommand(support.RunTest):
    @classmethod
    def setUpClass(cls):
        """One sweep for all tests: 10 arms, 2 numbers of nodes, 2 seeds."""
        place = tempfile.TemporaryDirectory(prefix="xibench-cost-")
        cls.addClassCleanup(place.cleanup)
        cls.out = Path(place.name) / "out"
        spec = Path(place.name) / "sweep.toml"
        spec.write_text(SWEEP)
        subprocess.run([support.XIBENCH, "run", spec, "--out", cls.out, "--threads", "1"], capture_output=True, check=False, timeout=600)

    def cost(self, *more, status=0, out=None):
        done = subprocess.run([support.XIBENCH, "cost", out or self.out, *map(str, more)], capture_output=True, text=True, check=False, timeout=120)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stdout == "", status == 2)
        return done.stderr if status else done.stdout

    def table(self, *more):
        return json.loads(self.cost("--network", NETWORK, "--format", "json", *more))

    def gap(self, *more):
        return json.loads(subprocess.run([support.XIBENCH, "gap", self.out, "--format", "json", *map(str, more)], capture_output=True, text=True, check=True).stdout)

    def near(self, ours, twin, where):
        """The same numbers, added up in another order: at most 1000 of them, all positive, so a relative error below 2000 * 2^-53."""
        if twin is None or math.isnan(twin):
            self.assertIsNone(ours, where)
        else:
            self.assertLessEqual(abs(ours - twin), 2000 * 2.0**-53 * abs(twin), where)

    def test_every_number_is_that_of_a_plain_twin(self):
        for how in ("ring", "halving"):
            table, gap = self.table("--all-reduce", how), self.gap()
            reached = 0
            for group, of_gap in zip(table["groups"], gap["groups"], strict=True):
                twins = {row["variant"]: [Twin(run["path"], how) for run in row["runs"]] for row in of_gap["rows"]}
                target = statistics.mean(twin.scores[-1][1] for twin in twins["centralized"]) + 0.05
                self.near(group["target"], target, "target")
                times = {}
                for row in group["rows"]:
                    values = [twin.values(group["target"]) for twin in twins[row["variant"]]]
                    for name in values[0]:
                        column = [each[name] for each in values]
                        self.near(row[name]["mean"], math.fsum(column) / len(column), (row["variant"], name))
                        if math.isfinite(column[0] - column[1]):
                            # Of two values the deviation is |a - b| / sqrt(2), whose error is that of a and b themselves.
                            self.assertLessEqual(abs(row[name]["sd"] - abs(column[0] - column[1]) / math.sqrt(2)), 4000 * 2.0**-53 * max(map(abs, column)), (row["variant"], name))
                    self.assertEqual(row["reached"], sum(twin.first(group["target"]) is not None for twin in twins[row["variant"]]))
                    reached += row["reached"]
                    times[row["variant"]] = row["target_s"]["mean"]
                known = {name: time for name, time in times.items() if time is not None}
                self.assertEqual(group["fastest"], min(known, key=known.get))
                self.assertEqual([row["nodes"] for row in group["rows"]], [int(group["axes"]["train.nodes"])] * len(group["rows"]))
            self.assertGreater(reached, 8)  # the clock was asked for something
            diverged = [row for group in table["groups"] for row in group["rows"] if row["diverged"]]
            self.assertEqual([(row["variant"], row["reached"], row["target_s"]["mean"]) for row in diverged], [("diverged", 0, None)] * 2)

    def test_a_step_by_hand(self):
        rows = {row["variant"]: row for row in self.table("--compute", "10ms")["groups"][0]["rows"]}  # 4 nodes, 400 bytes, 1 ms and 2 MB/s: 1.2 ms a model
        self.assertAlmostEqual(rows["dsgd"]["step_s"]["mean"], 10e-3 + 2 * 1.2e-3, places=12)
        self.assertAlmostEqual(rows["centralized"]["step_s"]["mean"], 10e-3 + 6 * 1.05e-3, places=12)
        self.assertEqual(rows["dsgd"]["step_s"]["sd"] < 1e-12, True)
        halving = {row["variant"]: row for row in self.table("--compute", "10ms", "--all-reduce", "halving")["groups"][0]["rows"]}
        self.assertAlmostEqual(halving["centralized"]["step_s"]["mean"], 10e-3 + 4e-3 + 600 / 2e6, places=12)
        # Exact, then 1 round a step; `star` for half of the steps (3 messages of its middle node), one message in the other half.
        self.assertAlmostEqual(rows["star & one_peer"]["mixing_s"]["mean"], (3 + 1) / 2 * 1.2e-3, places=12)

    def test_the_gap_table_and_the_page_say_the_same_seconds(self):
        report = Path(self.folder) / "report"
        subprocess.run(["/usr/bin/python3", support.SOURCE / "analysis" / "report.py", self.out, "-o", report, "--xibench", support.XIBENCH], check=True, capture_output=True)
        page = (report / "index.html").read_text()
        block = json.loads(re.search(r'<script[^>]*type="application/json"[^>]*>(.*?)</script>', page, flags=re.S).group(1))
        formula = re.search(r"const seconds = row => ([^;\n]*);", page).group(1)
        self.assertRegex(formula, r"^[\w.+*/ ]+$")  # means the same in Python
        for latency, bandwidth in ((LATENCY, BANDWIDTH), (50e-6, 1.25e9), (0.0, 1.0)):
            table = json.loads(self.cost("--network", f"latency={latency}s,bandwidth={bandwidth}B/s", "--format", "json"))
            gap = self.gap("--latency", latency, "--bandwidth", bandwidth)
            compared = 0
            for group, of_gap, of_page in zip(table["groups"], gap["groups"], block["sweeps"][0]["cells"], strict=True):
                for row, gap_row, page_row in zip(group["rows"], of_gap["rows"], of_page["rows"], strict=True):
                    self.assertEqual(row["variant"], gap_row["variant"])
                    self.near(gap_row["modelled_s"], row["network_s"]["mean"], row["variant"])
                    drawn = eval(formula, {"row": SimpleNamespace(**page_row), "latency": latency, "bandwidth": bandwidth})  # noqa: S307: our own text
                    self.near(drawn, row["network_s"]["mean"], row["variant"])
                    compared += row["network_s"]["mean"] > 0
            self.assertEqual(compared, 20)

    def test_what_policies_ask_for_costs_seconds_of_the_gap_table_too(self):
        rows = {row["variant"]: row for row in self.gap("--latency", "1", "--bandwidth", "1e30")["groups"][0]["rows"]}
        self.assertEqual(rows["target"]["modelled_s"], 20 * (2 * 3 + 2) + 2 * rows["target"]["rounds"])  # 20 steps of 4 nodes: two exchanges and the answer; a ring
        self.assertEqual(rows["dsgd"]["modelled_s"], 20 * 2)
        # The loop asks twice as often as it measures, which is once a round; the rounds are those of the Gram matrix.
        self.assertEqual(rows["loop"]["rounds"], rows["target"]["rounds"])
        self.assertEqual(rows["loop"]["modelled_s"], 20 * 2 + 2 * 3 * rows["loop"]["rounds"] + 2 * rows["loop"]["rounds"])

    def test_kept_files_know_what_policies_asked_for_even_those_that_do_not_say_so(self):
        kept = self.folder / "kept.json"
        table = self.gap("--keep", kept)
        rows = lambda found: [(row["variant"], row["traffic"], row["modelled_s"]) for group in found["groups"] for row in group["rows"]]
        again = json.loads(subprocess.run([support.XIBENCH, "gap", kept, "--format", "json"], capture_output=True, text=True, check=True).stdout)
        self.assertEqual(rows(again), rows(table))
        older = support.SOURCE / "benchmarks" / "results" / "kong2021-smoke" / "kept.json"  # 16 nodes, targets in one phase each, written before it was kept
        runs = {run["id"]: run for run in json.loads(older.read_text())["runs"]}
        found = json.loads(subprocess.run([support.XIBENCH, "gap", older, "--format", "json"], capture_output=True, text=True, check=True).stdout)
        deciding = 0
        for row in (run for group in found["groups"] for row in group["rows"] for run in row["runs"]):
            run = runs[row["id"]]
            steps = sum(phase["last_step"] - phase["first_step"] + 1 for phase in run["phases"] if phase["policy"].startswith("fraction"))
            self.assertEqual(row["traffic"]["serial_messages"], run["traffic"]["serial_messages"] + steps * (2 * 15 + 4))
            self.near(row["traffic"]["serial_bytes"], run["traffic"]["serial_bytes"] + run["summary"]["total_decision_bytes_sent"] / 16, run["id"])
            deciding += steps > 0
        self.assertGreater(deciding, 0)

    def test_a_score_that_is_asked_for_ends_the_clock(self):
        first = self.table("--to", "loss=1e9")["groups"][0]["rows"][0]
        self.assertEqual((first["reached"], first["target_steps"]["mean"]), (2, 5))  # at the first evaluation, after an epoch
        never = self.table("--to", "loss=-1e9")
        self.assertEqual({row["reached"] for group in never["groups"] for row in group["rows"]}, {0})
        self.assertEqual([group["fastest"] for group in never["groups"]], [None, None])

    def test_texts_say_what_is_modelled_and_what_was_measured_and_where(self):
        text = self.cost()
        for part in ("50 µs per message, 10 Gb/s", "modelled, not measured", "measured, one core per node", "- first to ", "delta = 0.05", "star & one_peer", "2 of 2"):
            self.assertIn(part, text)
        self.assertIn("given, 0.01 s per node and step", self.cost("--compute", "10ms"))
        latex = self.cost("--format", "latex")
        self.assertIn("star \\& one\\_peer & 4 & ", latex)
        self.assertEqual(latex.count("\\\\\n"), 1 + 20)
        rows = list(csv.DictReader(io.StringIO(self.cost("--format", "csv", "--network", NETWORK))))
        flat = [row for group in self.table()["groups"] for row in group["rows"]]
        self.assertEqual([(row["variant"], float(row["step_s_mean"])) for row in rows], [(row["variant"], row["step_s"]["mean"]) for row in flat])

    def test_without_a_margin_there_is_no_target_and_the_text_says_what_to_do(self):
        out = self.folder / "plain"
        self.run_to_end(self.spec(support.QUADRATIC), out)
        text = self.cost(out=out)
        self.assertIn("- no target: the sweep declares no margin (delta); give one with --to loss=VALUE", text)
        self.assertNotIn("first to", text)

    def test_what_cannot_be_asked_is_refused_in_one_line_with_the_remedy(self):
        for words, said in [(("--network", "latency=50xs"), "--network: '50xs' is no time; write one such as 50us"), (("--network", "latency=-1s"), "--network: '-1s' is no time"),
                            (("--network", "bandwidth=10"), "--network: '10' is no bandwidth; write one such as 10Gb/s"), (("--network", "bandwidth=0Gb/s"), "is no bandwidth"),
                            (("--network", "speed=1"), "'speed=1' says nothing of a network; write latency=50us,bandwidth=10Gb/s"), (("--network", ""), "--network: is empty"),
                            (("--compute", "fast"), "--compute: 'fast' is no time"), (("--to", "88"), "--to: '88' is no METRIC=VALUE"), (("--to", "loss=low"), "--to: 'loss=low' is no"),
                            (("--to", "accuracy=88"), "has no metric 'accuracy'; it has: loss"), (("--set", "delta=1"), "--set: changes a sweep file"),
                            (("--all-reduce", "tree"), "--all-reduce"), (("--format", "xml"), "--format")]:
            error = self.cost(*words, status=2)
            self.assertIn(said, error)
            self.assertEqual(error.count("\n"), 1, error)
        kept = self.folder / "kept.json"
        self.gap("--keep", kept)
        self.assertIn("kept.json: a kept file has no steps, which this table needs: give the run files", self.cost(status=2, out=kept))
        self.assertIn("there is no such file or directory", self.cost(status=2, out=self.folder / "nowhere"))


if __name__ == "__main__":
    support.main()
