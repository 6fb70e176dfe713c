"""What the tests of whole runs share: the program, alone or under mpirun, a folder per test, and what the files there say."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.append(f"{sys.argv[1]}/tests")
from script import BUILD, FULL, HAS_MPI, HAS_NCCL, HAS_TORCH, SOURCE, XIBENCH, FolderTest, main, needs  # noqa: E402

needs(XIBENCH)

# A problem whose 8 nodes disagree: centralized, plain, controlled, and another policy and graph in each phase.
QUADRATIC = """
name = "quadratic"
seeds = [1]
[data]
dataset = "quadratic(dim = 100, zeta = 2, sigma = 1, steps = 5)"
[model]
name = "none"
[train]
nodes = 8
epochs = 4
batch_size = 1
lr = 0.2
schedule = "steps(2)"
[[variant]]
name = "centralized"
baseline = true
train.algorithm = "centralized"
[[variant]]
name = "dsgd"
[[variant]]
name = "target"
control.policy = "target(0.3)"
[[variant]]
name = "mixed"
control.policy = ["exact", "rounds(2)"]
topology.name = ["ring", "exponential"]
"""

# A network on the pictures of Debian's dataset-fashion-mnist.
FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")
IMAGES = """
name = "images"
seeds = [1]
[data]
dataset = "fashion-mnist"
limit = 64
test_limit = 20
[model]
name = "logistic"
[train]
nodes = 4
epochs = 1
batch_size = 8
"""

# The algorithms beside D-SGD, each under plain gossip and under changing control.
ALGORITHMS = {"qg-dsgdm": "", "d2": 'topology.weights = "lazy"\n', "gradient-tracking": "", "dsgd-cta": "",
              "sgp": 'topology.name = "random-directed"\ntopology.weights = "push-sum"\n'}  # and what else they need
OPTIMIZERS = {name: f'train.optimizer = "{name}"\ntrain.momentum = 0\ntrain.nesterov = false\n' for name in ("adam(0.8, 0.95)", "adamw")}  # those beside SGD
OTHERS = QUADRATIC[:QUADRATIC.index("[[variant]]")].replace("lr = 0.2", "lr = 0.05") + "".join(
    f'[[variant]]\nname = "{name}, {control}"\ntrain.algorithm = "{name}"\n{more}{policy}'
    for name, more in ALGORITHMS.items()
    for control, policy in {"plain": "", "mixed": 'control.policy = ["exact", "target(0.3)"]\n'}.items()) + "".join(
    f'[[variant]]\nname = "{name}, {algorithm}"\ntrain.algorithm = "{algorithm}"\n{more}' for name, more in OPTIMIZERS.items()
    for algorithm in ("dsgd", "dsgd-cta", "centralized"))

# One long run, interrupted at will: how long it takes is `epochs`.
LONG = """
name = "long"
seeds = [1]
[data]
dataset = "quadratic(dim = 2000, zeta = 2, sigma = 1, steps = 200)"
[model]
name = "none"
[train]
nodes = 8
epochs = {epochs}
batch_size = 1
lr = 0.05
momentum = 0.9
[control]
policy = "target(0.5)"
"""

# The same in a tenth of the steps, for several ranks: those that have no processor of their own wait some milliseconds at every exchange.
WIDE = LONG.replace("dim = 2000", "dim = 20000").replace("steps = 200", "steps = 20")


def mpirun(ranks):
    """Ranks that wait give their processor away: others need it, even where there is one for each rank."""
    return ["mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none", "--mca", "mpi_yield_when_idle", "1", "-n", str(ranks)]


class RunTest(FolderTest):
    def setUp(self):
        super().setUp()
        self.started = []
        self.addCleanup(self.end_all)

    def end_all(self):
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.communicate()

    @staticmethod
    def words(spec, out, ranks=0, threads=1, more=()):
        return [*(mpirun(ranks) if ranks else []), str(XIBENCH), "run", str(spec), "--out", str(out), "--threads", str(threads), *map(str, more)]

    def run_to_end(self, spec, out, ranks=0, threads=1, more=(), status=0, env=None, **options):
        done = subprocess.run(self.words(spec, out, ranks, threads, more), capture_output=True, text=True, timeout=900, check=False,
                              env={**os.environ, **(env or {})}, **options)
        if status is not None:
            self.assertEqual(done.returncode, status, done.stderr)
        return done

    def start(self, spec, out, ranks=0, threads=1, more=(), env=None):
        process = subprocess.Popen(self.words(spec, out, ranks, threads, more), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env={**os.environ, **(env or {})})
        self.started.append(process)
        return process

    def wait_until(self, condition, what, process=None, seconds=300):
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end, f"waited in vain for {what}")
            if process is not None and process.poll() is not None:
                self.fail(f"ended while waiting for {what}: {process.communicate()}")
            time.sleep(0.01)

    def wait_for_file(self, out, suffix, process):
        self.wait_until(lambda: any(out.glob(f"*/*{suffix}")), f"a file *{suffix}", process)

    def ended(self, process, status=None):
        output, errors = process.communicate(timeout=300)
        if status is not None:
            self.assertEqual(process.returncode, status, errors)
        return output + errors

    def status(self, spec, out):
        done = subprocess.run([XIBENCH, "status", spec, "--out", out, "--json"], capture_output=True, text=True, check=True)
        return json.loads(done.stdout)["runs"]

    @staticmethod
    def show(path):
        return json.loads(subprocess.run([XIBENCH, "show", "--json", path], capture_output=True, text=True, check=True).stdout)

    @staticmethod
    def digests(out):
        """By run file: what `xibench show --science-digest` prints."""
        found = {}
        for path in sorted(out.glob("*/*.h5")):
            done = subprocess.run([XIBENCH, "show", "--science-digest", path], capture_output=True, text=True, check=True)
            found[path.stem] = done.stdout.strip()
        return found


class SweepTest(RunTest):
    """Tests of one sweep, the text SWEEP, whose results `out` are made once by the class."""

    @classmethod
    def setUpClass(cls):
        cls.shared = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.shared)
        cls.sweep = cls.shared / "sweep.toml"
        cls.sweep.write_text(cls.SWEEP)
        cls.out = cls.shared / "out"


def ranks_of(process):
    """The xibench processes that an mpirun started."""
    children = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(process.pid)], capture_output=True, text=True, check=False).stdout
    return [int(line.split()[0]) for line in children.splitlines() if line.split()[1].startswith("xibench")]


__all__ = ["ALGORITHMS", "BUILD", "FULL", "HAS_MPI", "HAS_NCCL", "HAS_TORCH", "LONG", "OPTIMIZERS", "OTHERS", "QUADRATIC", "SOURCE",
           "WIDE", "XIBENCH", "RunTest", "SweepTest", "main", "mpirun", "needs", "ranks_of", "signal", "time"]
