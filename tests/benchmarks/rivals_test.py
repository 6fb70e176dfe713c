"""benchmarks/rivals: the networks have xibench's numbers of parameters, and each program runs the arms that it says, on nodes that end as they must."""

import json
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, f"{sys.argv[1]}/tests")
from script import BUILD, FULL, SOURCE, FolderTest, main, needs, run, skip  # noqa: E402

needs("torch")
import torch  # noqa: E402

if not (torch.distributed.is_available() and torch.distributed.is_gloo_available()):
    skip("this torch has no gloo")
RIVALS = SOURCE / "benchmarks/rivals"
sys.path.insert(0, str(RIVALS))
from networks import NETWORKS  # noqa: E402


def rival(program, *words):
    return json.loads(run(sys.executable, RIVALS / program, *words).stdout)


class Rivals(FolderTest):
    def test_the_networks_have_the_sizes_that_xibench_has(self):
        sizes = (SOURCE / "tests/task/models_test.cpp").read_text().replace("'", "")  # where the harness is held to them
        for name, network in NETWORKS.items():
            model = network.make()
            self.assertEqual(sum(p.numel() for p in model.parameters()), network.parameters, name)
            self.assertRegex(sizes, rf'make\("{re.escape(network.model)}"[^;]*dim == {network.parameters}\)', name)
            self.assertEqual(model(torch.randn(2, *network.shape)).shape, (2, 10), name)

    @unittest.skipUnless(FULL, "measure below trains the same way; every process loads PyTorch for a second")
    def test_processes_train_alone_by_all_reduce_and_by_gossip(self):
        for nodes in (2, 3):  # one neighbour, and two
            result = rival("torch_distributed.py", "--network", "LeNet", "--nodes", nodes, "--blocks", 1, "--steps", 2)
            self.assertEqual((result["network"], result["parameters"], result["nodes"], result["threads"]), ("LeNet", 21_840, nodes, 1))
            self.assertEqual(result["local_of_local"], 1)
            for arm in ("local", "ddp", "gossip"):
                self.assertGreater(result[f"{arm}_images_per_s"], 0)

    def test_a_loop_trains_the_same_networks(self):
        result = rival("torch_loop.py", "--network", "LeNet", "--nodes", 2, "--steps", 1)
        self.assertEqual((result["parameters"], result["nodes"], result["batch"]), (21_840, 2, 32))

    def test_the_programs_take_turns_and_the_result_is_kept(self):
        program = BUILD / "end_to_end"
        if not program.exists():
            self.skipTest(f"{program} is not built")
        done = run(RIVALS / "measure", BUILD, "-o", self.folder, "--networks", "LeNet", "--nodes", 3, "--launches", 1, "--blocks", 1)
        path, *table = done.stdout.splitlines()
        kept = json.loads(Path(path).read_text())
        (row,) = kept["rows"]
        self.assertEqual((kept["schema"], row["network"], row["parameters"], row["nodes"], row["batch"]), ("xibench-rivals", "LeNet", 21_840, 3, 32))
        for column in ("one process", "2 ranks", "DDP", "gossip"):
            self.assertTrue(0 < row[column]["least"] == row[column]["share"] == row[column]["most"])
            self.assertGreater(row[column]["images_per_s"], 0)
        self.assertEqual([line.count("|") for line in table], [8] * 3)
        refused = run(RIVALS / "measure", self.folder, status=2)
        self.assertIn("is no build directory: give the one that cmake made", refused.stderr)

    def test_bad_places_and_programs_are_said_in_one_line(self):
        (self.folder / "CMakeCache.txt").write_text(f"CMAKE_HOME_DIRECTORY:INTERNAL={SOURCE}\nCMAKE_PROJECT_VERSION:STATIC=1.2.3\n")
        program = self.folder / "end_to_end"
        for text, sentence in (("#!/bin/sh\necho {\n", "printed no JSON"), ("no program", "end_to_end cannot be started (Exec format error)")):
            program.write_text(text)
            program.chmod(0o755)
            done = run(RIVALS / "measure", self.folder, "-o", self.folder / "out", "--networks", "LeNet", "--nodes", 2, status=1)
            self.assertIn(sentence, done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1)
        refused = run(RIVALS / "measure", self.folder, "-o", program, status=2)
        self.assertIn("cannot be made (Not a directory): choose another -o", refused.stderr)


if __name__ == "__main__":
    main()
