"""`xibench run --check` tells everything that would be in the way of the runs of a sweep, in one answer, and writes nothing."""

import json
import re
import shutil
import subprocess
import unittest
from pathlib import Path

import support
from support import signal

FRACTION = support.QUADRATIC.replace('control.policy = "target(0.3)"', 'control.policy = ["fraction(0.5)", "exact"]')
SYNTHETIC = """
name = "images"
seeds = [1]
[data]
dataset = "synthetic(classes = 10, size = 16, samples = 512, test = 500)"
[model]
name = "cnn"
[train]
nodes = 4
epochs = 1
batch_size = 16
"""


class Check(support.RunTest):
    def setUp(self):
        super().setUp()
        self.out = self.folder / "out"

    def check(self, text, *more, status=0):
        done = self.run_to_end(self.spec(text), self.out, more=("--check", *more), status=status)
        return done.stderr

    def test_runs_that_can_run_pass_and_nothing_is_written(self):
        said = self.check(support.QUADRATIC)
        self.assertIn("checked 4 runs, 0 complete", said)
        self.assertFalse(self.out.exists())

    def test_all_that_is_in_the_way_comes_in_one_answer(self):
        (self.folder / "out").write_text("")  # where the directory should be
        text = support.QUADRATIC.replace("quadratic(dim = 100,", "quadratic(dim = 100000000,")
        said = self.check(text, "--device", "cuda:x", "--ranks", 64, "--ranks-per-node", 8, "--processors-per-node", 4, "--memory-per-node", "2G",
                          "--checkpoint-minutes", -1, "--retries", -1, status=2)
        for part in ("--device: 'cuda:x' must be cpu, cuda or cuda:K", "--checkpoint-minutes: -1", "--retries: -1", "sweep.toml:9: train.nodes: 8 nodes cannot be spread over 64 ranks",
                     "would idle; 4 runs", "start at most 8 ranks", "--threads: 1 threads x 8 ranks", "--out: ", "is not a directory",
                     "sweep.toml:9: train.nodes: memory of up to", "--memory-per-node is 2.15 GB"):
            self.assertEqual(said.count(part), 1, part + " in " + said)
        self.assertEqual([path.name for path in self.folder.iterdir() if path.name != "sweep.toml"], ["out"])

    def test_mistakes_of_the_sweep_file_do_not_hide_those_of_the_flags(self):
        said = self.check(support.QUADRATIC.replace("lr = 0.2", 'lr = "fast"'), "--device", "tpu", "--memory-per-node", "64", status=2)
        self.assertIn("train.lr", said)
        self.assertIn("--device: 'tpu'", said)
        self.assertIn("--memory-per-node: '64' is not an amount of memory", said)

    def test_a_result_that_does_not_fit_on_the_disk_is_told(self):
        said = self.check(support.QUADRATIC.replace("epochs = 4", "epochs = 1000000").replace("steps = 5)", "steps = 1000000)"), "--index", 0, "--memory-per-node", "9000000T", status=2)
        self.assertIn("--out: the results and checkpoints of 1 run take up to 664 TB, and ", said)
        self.assertNotIn("train.nodes", said)

    def test_memory_is_that_of_all_ranks_and_runs_of_a_machine(self):
        text = support.QUADRATIC.replace("quadratic(dim = 100,", "quadratic(dim = 1000000,")
        plan = json.loads(subprocess.run([support.XIBENCH, "plan", self.spec(text), "--json"], capture_output=True, text=True, check=True).stdout)
        most = max(run["cost"]["memory_bytes"] for run in plan["runs"])
        enough = f"{most / 2**30 * 1.001:.6f}G"
        self.check(text, "--memory-per-node", enough)
        for more in (("--jobs", 2), ("--ranks", 4)):
            self.assertIn("--memory-per-node is", self.check(text, "--memory-per-node", enough, *more, status=2))

    def test_many_ranks_on_a_machine_have_the_libraries_once(self):
        text = support.QUADRATIC.replace("nodes = 8", "nodes = 64")
        many = ("--ranks", 64, "--ranks-per-node", 64, "--processors-per-node", 64, "--memory-per-node")
        self.check(text, *many, "8G")  # 64 x 96 MB and 160 MB are 6.3 GB; 64 x 256 MB would be 16 GB
        self.assertIn("libraries 160 MB", self.check(text, *many, "4G", status=2))

    @unittest.skipUnless(support.HAS_MPI, "built without MPI")
    def test_ranks_of_a_machine_take_no_more_than_was_told(self):
        text = support.LONG.format(epochs=400)
        told, unit = re.search(r"up to ([0-9.]+) ([MG])B of memory", self.check(text, "--ranks", 3, "--ranks-per-node", 3)).groups()
        process = self.start(self.spec(text), self.out, 3, 1, ("--checkpoint-minutes", "0.005"))
        self.wait_for_file(self.out, ".checkpoint", process)
        own, shared = 0, 0  # pages of one rank alone; of libraries, which all have, the most that one maps
        for pid in support.ranks_of(process):
            pages = dict(re.findall(r"^(\w+): +(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE))
            own += int(pages["Private_Clean"]) + int(pages["Private_Dirty"])
            shared = max(shared, int(pages["Shared_Clean"]) + int(pages["Shared_Dirty"]))
        process.send_signal(signal.SIGUSR1)
        self.ended(process, 75)
        self.assertGreater(own, 0)
        self.assertLess((own + shared) * 1024, float(told) * {"M": 1e6, "G": 1e9}[unit])

    def test_absent_and_damaged_data_are_named_with_the_line_of_the_key(self):
        if not support.HAS_TORCH:
            self.skipTest("built without LibTorch")
        text = SYNTHETIC.replace("synthetic(classes = 10, size = 16, samples = 512, test = 500)", "mnist")
        data = self.folder / "data" / "mnist"
        data.mkdir(parents=True)
        self.assertIn("sweep.toml:5: data.dataset: dataset mnist: no file", self.check(text, "--data", data.parent, status=2))
        (data / "train-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03 cut")
        said = self.check(text, "--data", data.parent, status=2)
        self.assertIn("sweep.toml:5: data.dataset: ", said)
        self.assertIn("train-labels-idx1-ubyte does not exist", said)

    def test_a_reference_has_to_be_there_or_among_the_runs(self):
        runs = json.loads(subprocess.run([support.XIBENCH, "plan", self.spec(FRACTION), "--json"], capture_output=True, text=True, check=True).stdout)["runs"]
        dependent = next(run for run in runs if run["needs"])
        reference = next(run for run in runs if run["id"] in dependent["needs"])
        self.check(FRACTION)
        alone = ("--index", dependent["index"])
        self.assertIn(f"{reference['id']}.h5: has not been run", self.check(FRACTION, *alone, status=2))
        self.run_to_end(self.spec(FRACTION), self.out, more=("--index", reference["index"]))
        self.check(FRACTION, *alone)
        shutil.rmtree(self.out)

        diverges = FRACTION.replace("lr = 0.2", "lr = 1e30")
        ids = {run["index"]: run["id"] for run in json.loads(subprocess.run([support.XIBENCH, "plan", self.spec(diverges), "--json"], capture_output=True, text=True, check=True).stdout)["runs"]}
        self.run_to_end(self.spec(diverges), self.out, more=("--index", reference["index"]), status=1)
        self.assertIn(f"{ids[reference['index']]}.h5: diverged", self.check(diverges, *alone, status=2))

    def test_what_is_complete_is_in_nobodys_way_and_a_strangers_result_is(self):
        self.run_to_end(self.spec(support.QUADRATIC), self.out, more=("--index", 1))
        before = {path: path.stat().st_mtime_ns for path in self.out.rglob("*")}
        self.assertIn("checked 1 run, 1 complete", self.check(support.QUADRATIC, "--index", 1, "--ranks", 64, "--memory-per-node", "1K"))
        self.assertEqual({path: path.stat().st_mtime_ns for path in self.out.rglob("*")}, before)
        runs = self.status(self.spec(support.QUADRATIC), self.out)
        shutil.copy(self.out / "quadratic" / f"{runs[1]['id']}.h5", self.out / "quadratic" / f"{runs[0]['id']}.h5")
        self.assertIn("holds another run", self.check(support.QUADRATIC, status=2))

    @unittest.skipUnless(support.HAS_MPI, "built without MPI")
    def test_under_mpirun_the_ranks_are_those_that_were_started(self):
        done = self.run_to_end(self.spec(support.QUADRATIC.replace("nodes = 8", "nodes = 2")), self.out, ranks=3, more=("--check",), status=2)
        self.assertEqual(done.stderr.count("2 nodes cannot be spread over 3 ranks"), 1, done.stderr)

    def test_flags_of_a_later_job_are_refused_without_check(self):
        done = self.run_to_end(self.spec(support.QUADRATIC), self.out, more=("--ranks", 2), status=2)
        self.assertIn("add --check", done.stderr)
        self.assertFalse(self.out.exists())

    def test_no_run_takes_more_memory_than_was_told(self):
        texts = [support.QUADRATIC.replace("quadratic(dim = 100,", "quadratic(dim = 300000,")]
        if support.HAS_TORCH:
            texts.append(SYNTHETIC)
        for text in texts:
            spec = self.spec(text)
            plan = json.loads(subprocess.run([support.XIBENCH, "plan", spec, "--json"], capture_output=True, text=True, check=True).stdout)["runs"]
            self.run_to_end(spec, self.out, threads=2, more=("--index", 0, "--checkpoint-minutes", 0))
            costs = json.loads(subprocess.run([support.XIBENCH, "costs", spec, "--out", self.out, "--json"], capture_output=True, text=True, check=True).stdout)["runs"]
            told = plan[0]["cost"]["memory_bytes"] + plan[0]["cost"]["memory_bytes_per_thread"]
            self.assertLess(costs[0]["memory_peak_bytes"], told)


if __name__ == "__main__":
    support.main()
