"""LibTorch is loaded when a run needs a network, not before: a program without its library does everything else, and says in one line what it lacks."""

import shutil
import sys
import unittest
from pathlib import Path

sys.path.insert(0, f"{sys.argv[1]}/tests")
from script import BUILD, CACHE, XIBENCH, FolderTest, main, needs, run  # noqa: E402

LIBRARY = "libxibench_networks.so"
needs(BUILD / LIBRARY)

SWEEP = """
name = "small"
seeds = [1]
[data]
dataset = "{dataset}"
[model]
name = "{model}"
[train]
nodes = 4
epochs = 1
batch_size = {batch}
lr = 0.1
[[variant]]
name = "dsgd"
"""
QUADRATIC = SWEEP.format(dataset="quadratic(dim = 10, zeta = 1, sigma = 1, steps = 2)", model="none", batch=1)
LOGISTIC = SWEEP.format(dataset="logistic-synthetic(dim = 5, samples = 8, spread = 1)", model="none", batch=4)
NETWORK = SWEEP.format(dataset="synthetic(samples = 32, size = 8, test = 16)", model="mlp(4)", batch=4)


class NetworksLibrary(FolderTest):
    def setUp(self):
        super().setUp()
        self.program = self.folder / "xibench"
        shutil.copy2(XIBENCH, self.program)

    def xibench(self, *words):
        done = run(self.program, *words, status=None)
        return done.returncode, done.stdout, done.stderr

    def run_of(self, text):
        return self.xibench("run", self.spec(text), "--out", self.folder / "out", "--threads", 1, "--progress", "none")

    def results(self):
        return list((self.folder / "out").glob("*/*.h5"))

    def test_commands_and_constructed_problems_do_without_it(self):
        for words in (["--version"], ["list"], ["topology", "ring"], ["plan", self.spec(NETWORK)]):
            status, said, problem = self.xibench(*words)
            self.assertEqual(status, 0, problem)
            self.assertTrue(said, words)
        for text in (QUADRATIC, LOGISTIC):
            status, _, problem = self.run_of(text)
            self.assertEqual(status, 0, problem)
        self.assertEqual(len(self.results()), 2)

    def test_a_network_is_refused_in_one_line_that_names_the_library(self):
        status, _, problem = self.run_of(NETWORK)
        self.assertEqual(status, 2)
        lines = [line for line in problem.splitlines() if "networks:" in line]
        self.assertEqual(len(lines), 1, problem)
        self.assertIn(str(self.folder / LIBRARY), lines[0])
        self.assertIn("install", lines[0])
        self.assertEqual(self.results(), [])

    def test_it_may_be_beside_the_program_or_where_it_is_installed(self):
        bin_folder = self.folder / "bin"
        bin_folder.mkdir()
        self.program = Path(shutil.move(self.program, bin_folder / "xibench"))
        for place in (bin_folder, self.installed()):
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy2(BUILD / LIBRARY, place)
            status, _, problem = self.run_of(NETWORK)
            self.assertEqual(status, 0, problem)
            self.assertEqual(len(self.results()), 1)
            (place / LIBRARY).unlink()
            self.results()[0].unlink()

    def installed(self):
        lib = next(line.split("=", 1)[1] for line in CACHE.splitlines() if line.startswith("CMAKE_INSTALL_LIBDIR:"))
        return self.folder / lib / "xibench"

    @unittest.skipUnless(shutil.which("cc"), "no C compiler")
    def test_a_library_that_is_another_version_or_none_is_refused(self):
        other = self.folder / "other.c"
        other.write_text('const struct { const char* version; void* functions[3]; } xibench_networks = {"0.0.1", {0}};\n')
        run("cc", "-shared", "-fPIC", "-o", self.folder / LIBRARY, other)
        status, _, problem = self.run_of(NETWORK)
        self.assertEqual(status, 2)
        self.assertIn("another version", problem)

        (self.folder / LIBRARY).write_text("no library")
        status, _, problem = self.run_of(NETWORK)
        self.assertEqual(status, 2)
        self.assertIn("cannot load", problem)
        self.assertEqual(self.results(), [])


if __name__ == "__main__":
    main()
