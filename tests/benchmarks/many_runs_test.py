"""benchmarks/many_runs.py makes whole run files of other seeds from one, and the commands that it times count all of them."""

import sys

sys.path.insert(0, f"{sys.argv[1]}/tests")
from script import BUILD, HAS_TORCH, SOURCE, FolderTest, main, needs, run, skip, xibench  # noqa: E402

needs("h5py", "numpy")
if not HAS_TORCH:
    skip("this build has no LibTorch")
PROGRAM = SOURCE / "benchmarks/many_runs.py"
SWEEP = """
name = "s"
seeds = [1]
delta = 0.5
[data]
dataset = "synthetic(samples = 64, size = 8, test = 16)"
[model]
name = "logistic"
[train]
nodes = 4
epochs = 1
batch_size = 8
lr = 0.1
[[variant]]
name = "centralized"
baseline = true
train.algorithm = "centralized"
[[variant]]
name = "ring"
"""


class ManyRuns(FolderTest):
    def test_the_files_are_whole_and_all_commands_count_them(self):
        sweep, out = self.spec(SWEEP), self.folder / "out"
        xibench("run", sweep, "--where", "variant=ring", "--out", out, "--progress", "none")
        (template,) = out.rglob("*.h5")
        done = run(sys.executable, PROGRAM, BUILD, template, "--count", 5, "--report", "-o", self.folder / "many")
        self.assertRegex(done.stdout, r"^status: 5 files in [0-9.]+ s, [0-9.]+ ms of a processor each\ngap: 5 files in [0-9.]+ s, [0-9.]+ ms of a processor each\nreport: 5 files in [0-9.]+ s, [0-9.]+ ms of a processor each\n$")
        files = sorted((self.folder / "many").rglob("*.h5"))
        self.assertEqual(len(files), 5)
        for file in files:
            self.assertIn(f"{file.stem} s / ", xibench("show", file).stdout)  # reads all of it and compares it with its checksums

    def test_what_it_cannot_use_is_refused_before_anything_is_made(self):
        (self.folder / "a.h5").write_bytes(b"no run file")
        xibench("run", self.spec(SWEEP.replace('dataset = "synthetic(samples = 64, size = 8, test = 16)"', 'dataset = "quadratic(dim = 10, steps = 2)"').replace("logistic", "none").replace("delta = 0.5\n", "").replace(
            "batch_size = 8", "batch_size = 1")), "--where", "variant=ring", "--out", self.folder / "out", "--progress", "none")
        (without,) = (self.folder / "out").rglob("*.h5")
        for words, sentence in (((self.folder / "a.h5", "-o", self.folder / "new"), "a.h5: damaged, no readable HDF5 file"), ((self.folder / "a.h5", "-o", self.folder), "is there: name a new folder"),
                                ((without, "-o", self.folder / "new"), f"{without} has no accuracy")):
            done = run(sys.executable, PROGRAM, BUILD, *words, status=2)
            self.assertEqual((done.stderr.count("\n"), done.stderr.startswith("many_runs.py: ")), (1, True), done.stderr)
            self.assertIn(sentence, done.stderr)
        self.assertFalse((self.folder / "new").exists())


main()
