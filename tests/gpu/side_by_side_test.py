"""Runs side by side (--jobs) on the stand-in for several GPUs: each takes the GPU with the fewest runs, and what will share one is said."""

import os
import subprocess
import sys

sys.path.insert(0, f"{sys.argv[1]}/tests/run")
import support  # noqa: E402

support.needs("h5py")
import h5py  # noqa: E402

STAND_IN = support.BUILD / "tests/xibench-stand-in"
FOUR = support.QUADRATIC[: support.QUADRATIC.index("[[variant]]")]


class SideBySide(support.RunTest):
    def gpus(self, *words, devices, device="cuda"):
        """The GPUs of four runs by seed, and what was said."""
        command = [STAND_IN, "run", self.spec(FOUR), "--out", self.folder / "out", "--threads", "1", "--progress", "none", "--device", device, "--set", "seeds=[1,2,3,4]", *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False, env={**os.environ, "XB_STAND_IN_DEVICES": str(devices)})
        self.assertEqual(done.returncode, 0, done.stderr)
        found = {}
        for path in self.folder.glob("out/*/*.h5"):
            with h5py.File(path) as file:
                found[int(file.attrs["seed"])] = file["provenance"].attrs["gpu"].split(",")[0]
        return [found[seed] for seed in sorted(found)], done.stderr

    def test_a_gpu_for_each(self):
        found, said = self.gpus("--jobs", "4", devices=8)
        self.assertEqual(found, ["cuda:0", "cuda:1", "cuda:2", "cuda:3"])
        self.assertNotIn("share", said)

    def test_more_runs_than_gpus(self):
        found, said = self.gpus("--jobs", "4", devices=2)
        self.assertEqual(found, ["cuda:0", "cuda:1", "cuda:0", "cuda:1"])
        self.assertRegex(said, "--jobs 4: up to 2 runs at a time share each of 2 GPUs, and have to fit into its memory together")

    def test_a_gpu_that_was_chosen_is_the_one_of_all(self):
        found, said = self.gpus("--jobs=3", devices=2, device="cuda:1")
        self.assertEqual(found, ["cuda:1"] * 4)
        self.assertRegex(said, "--jobs 3: up to 3 runs at a time share cuda:1,")

    def test_runs_on_the_cpu_ask_for_none(self):
        out = self.folder / "out"
        done = subprocess.run([STAND_IN, "run", self.spec(FOUR), "--out", out, "--threads", "1", "--progress", "none", "--jobs", "2"], capture_output=True, text=True, timeout=200, check=False,
                              env={**os.environ, "XB_STAND_IN_DRIVER": "none"})
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    support.main()
