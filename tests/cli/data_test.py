"""xibench data: what is here, whether it is what was published, and who gets which classes: data_test.py SOURCE BUILD."""

import gzip
import json
import os
import shutil
import sys
import unittest
from pathlib import Path

sys.path.insert(0, f"{sys.argv[1]}/tests")
import script  # noqa: E402

script.needs(script.XIBENCH)
PACKAGE = Path("/usr/share/datasets/fashion-mnist")


class Data(script.FolderTest):
    def xibench(self, *words, status=0, env=None):
        return script.xibench(*words, status=status, env={k: v for k, v in os.environ.items() if k != "XIBENCH_DATA"} | (env or {}))

    def refused(self, *words, env=None):
        done = self.xibench("data", *words, status=2, env=env)
        self.assertEqual((done.stdout, done.stderr.count("\n")), ("", 1), done.stderr)
        return done.stderr

    def loose_set(self):
        """Fashion-MNIST under the name of another set: it can be read, and is not what was published as MNIST."""
        if not PACKAGE.exists():
            self.skipTest("dataset-fashion-mnist is not installed")
        shutil.copytree(PACKAGE, self.folder / "mnist")
        return self.folder

    def test_the_list_tells_what_is_here_and_how_to_get_the_rest(self):
        root = self.loose_set()
        listed = {row["name"]: row for row in json.loads(self.xibench("data", "list", "--data", root, "--json").stdout)}
        self.assertEqual(listed["mnist"]["directory"], str(root / "mnist"))
        self.assertIsNone(listed["cifar10"]["directory"])
        self.assertIn("xibench data fetch cifar10", listed["cifar10"]["remedy"])
        self.assertTrue(listed["synthetic"]["generated"])
        shown = self.xibench("data", "list", env={"XIBENCH_DATA": str(root)}).stdout.splitlines()
        self.assertEqual([line.split()[0] for line in shown], ["name", *listed])
        self.assertTrue(shown[1 + list(listed).index("mnist")].endswith(str(root / "mnist")))

    def test_a_place_that_is_closed_or_a_pipe_hides_no_other(self):
        root = self.loose_set()
        (root / "cifar10").symlink_to("cifar10")
        (root / "cifar100").mkdir()
        os.mkfifo(root / "cifar100" / "train.bin")
        listed = {row["name"]: row for row in json.loads(self.xibench("data", "list", "--data", root, "--json").stdout)}
        self.assertIn("cifar10/cifar-10-batches-bin/data_batch_1.bin: Too many levels of symbolic links; ", listed["cifar10"]["problem"])
        self.assertIn("train.bin: it is a pipe or a device, not a file; ", listed["cifar100"]["problem"])
        self.assertEqual((listed["mnist"]["directory"], listed["mnist"]["problem"]), (str(root / "mnist"), None))
        done = self.xibench("data", "verify", "--data", root, "--json", status=1)
        self.assertEqual({row["name"] for row in json.loads(done.stdout)}, {"mnist", "cifar10", "cifar100"})
        self.assertIn("Too many levels", self.refused("partition", "cifar10", "--data", root))
        self.assertIn("a pipe or a device", self.refused("partition", "cifar100", "--data", root))
        (root / "mnist" / "t10k-labels-idx1-ubyte.gz").unlink()
        os.mkfifo(root / "mnist" / "t10k-labels-idx1-ubyte.gz")
        self.assertIn("t10k-labels-idx1-ubyte.gz: it is a pipe or a device, not a file; ", self.refused("partition", "mnist", "--data", root))

    def test_verify_tells_published_files_from_others_and_from_damaged_ones(self):
        root = self.loose_set()
        done = self.xibench("data", "verify", "mnist", "--data", root, "--json", status=1)
        self.assertEqual([row["official"] for row in json.loads(done.stdout)], [False] * 4)
        self.assertIn("some files differ from the published ones", done.stderr)
        done = self.xibench("data", "verify", "--json")  # all that is here
        self.assertTrue({"fashion-mnist"} <= {row["name"] for row in json.loads(done.stdout)})

        labels = root / "mnist" / "train-labels-idx1-ubyte.gz"
        with gzip.open(labels) as file:
            content = file.read()
        with gzip.open(labels, "wb") as file:
            file.write(content[:-1])
        shutil.copytree(PACKAGE, root / "fashion-mnist")
        done = self.xibench("data", "verify", "mnist", "fashion-mnist", "--data", root, "--json", status=1)  # one that is damaged hides no other
        self.assertIn(str(labels), done.stderr)
        found = json.loads(done.stdout)
        self.assertEqual([row["name"] for row in found if row["problem"]], ["mnist"])
        self.assertEqual([row["official"] for row in found if row["name"] == "fashion-mnist"], [True] * 4)
        labels.unlink()
        (root / "mnist" / "train-images-idx3-ubyte.gz").unlink()
        self.assertIn("xibench data fetch mnist", self.refused("verify", "mnist", "--data", root))

    def test_wrong_requests_are_refused_in_one_line_that_says_what_to_do(self):
        self.assertIn("did you mean 'cifar10'", self.refused("verify", "cifar01"))
        self.assertIn("xibench data fetch cifar10", self.refused("verify", "cifar10", "--data", self.folder))
        self.assertIn("generated", self.refused("fetch", "synthetic", "--data", self.folder))
        self.assertIn("--data", self.refused("fetch", "cifar10"))
        self.assertIn("--mirror", self.refused("fetch", "cifar10", "--data", self.folder, "--mirror", self.folder))
        self.assertIn("foo", self.refused("fetch", "cifar10(foo = 3)", "--data", self.folder))
        self.assertIn("seeds count from 0", self.refused("partition", "synthetic", "--seed", -1))
        self.assertIn("xibench data fetch --help", self.refused("fetch"))
        self.assertIn("--nodes: 0 is too few", self.refused("partition", "synthetic", "--nodes", 0))
        self.assertIn("dirichlet", self.refused("partition", "synthetic", "--partition", "dirichlet(0)"))
        self.assertIn("--validation: 1 is not a share", self.refused("partition", "synthetic", "--validation", 1))
        self.assertIn("subcommand", self.refused())
        self.assertIn("NAME", self.refused("partition"))

    def test_what_a_mirror_has_instead_of_the_published_file_is_not_taken(self):
        root, here = self.loose_set(), self.folder / "here"
        done = self.xibench("data", "fetch", "mnist", "--data", here, "--mirror", root / "mnist", status=1)
        self.assertIn("arrived as train-images-idx3-ubyte.gz", done.stderr)
        self.assertEqual(list((here / "mnist").iterdir()), [])

    def test_json_csv_and_table_of_a_partition_agree(self):
        words = ("data", "partition", "synthetic(classes = 3, samples = 600)", "--partition", "shards(2)", "--nodes", 4, "--seed", 5)
        made = json.loads(self.xibench(*words, "--json").stdout)
        histogram = made["class_histogram"]
        self.assertEqual((len(histogram), {len(row) for row in histogram}, sum(map(sum, histogram))), (4, {3}, 600))
        whole = [sum(column) / 600 for column in zip(*histogram)]
        distance = [sum(abs(count / sum(row) - share) for count, share in zip(row, whole)) / 2 for row in histogram]
        for ours, theirs in zip(distance, made["distance"]):
            self.assertAlmostEqual(ours, theirs, places=12)
        self.assertAlmostEqual(sum(distance) / 4, made["mean_distance"], places=12)

        csv = [line.split(",") for line in self.xibench(*words, "--csv").stdout.splitlines()]
        self.assertEqual(csv[0], ["node", "samples", "class_0", "class_1", "class_2", "distance"])
        self.assertEqual([[int(v) for v in line[2:5]] for line in csv[1:]], histogram)
        table = self.xibench(*words).stdout.splitlines()
        self.assertEqual([[int(v) for v in line.split()[2:5]] for line in table[1:5]], histogram)
        largest = max(map(max, histogram))
        for line, row in zip(table[1:5], histogram):  # no bar where there is nothing, a full one for the largest
            bars = line[table[0].index("classes"):].ljust(3)
            self.assertEqual([bar == " " for bar in bars], [count == 0 for count in row])
            self.assertEqual([bar == "█" for bar in bars], [8 * count > 7 * largest for count in row])
        self.assertTrue(table[-1].startswith("mean distance "))

    @unittest.skipUnless(script.HAS_TORCH, "built without LibTorch")
    def test_a_run_of_that_seed_gets_that_partition(self):
        try:
            import h5py
        except ImportError:
            self.skipTest("there is no h5py here")
        spec = self.folder / "s.toml"
        spec.write_text("""name = "split"
seeds = [7]
[data]
dataset = "synthetic(classes = 4, size = 8, samples = 512)"
partition = "dirichlet(0.3)"
[model]
name = "logistic"
[train]
nodes = 4
epochs = 1
batch_size = 16
[evaluation]
validation = 0.25
""")
        self.xibench("run", spec, "--out", self.folder / "out")
        made = self.xibench("data", "partition", "synthetic(classes = 4, size = 8, samples = 512)", "--partition", "dirichlet(0.3)", "--nodes", 4, "--seed", 7,
                            "--validation", 0.25, "--json")
        with h5py.File(next((self.folder / "out/split").glob("*.h5"))) as file:
            self.assertEqual(json.loads(made.stdout)["class_histogram"], file["partition/class_histogram"][:].tolist())


if __name__ == "__main__":
    script.main()
