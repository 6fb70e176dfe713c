"""What keeps a run from a GPU is one sentence with the remedy, once, on any number of ranks, exit status 2 (1 where the machine failed), and loses nothing."""

import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, f"{sys.argv[1]}/tests/run")
import support  # noqa: E402

STAND_IN = support.BUILD / "tests/xibench-stand-in"
HAS_GPU = Path("/dev/nvidia0").exists() or shutil.which("nvidia-smi") is not None
ONE = support.QUADRATIC[:support.QUADRATIC.index("[[variant]]")]


class Refusals(support.RunTest):
    def refused(self, *words, program=STAND_IN, ranks=0, status=2, spec=ONE, **environment):
        command = [*(support.mpirun(ranks) if ranks else []), str(program), "run", str(self.spec(spec)), "--out", str(self.folder / "out"), "--threads", "1", "--progress", "none", "--no-summary", *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, **environment})
        self.assertEqual(done.returncode, status, done.stderr)
        lines = [line for line in done.stderr.splitlines() if line.startswith("xibench:")]
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertFalse(list(self.folder.glob("out/*/*.h5")))
        return lines[0]

    def worlds(self):
        return (0, 3) if support.HAS_MPI else (0,)

    def test_words_that_are_no_device(self):
        for word in ("gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "CUDA"):
            self.assertRegex(self.refused("--device", word), f"--device: '{word}' must be cpu, cuda or cuda:K")

    def test_a_gpu_that_is_not_there(self):
        self.assertRegex(self.refused("--device", "cuda:9"), "there is no cuda:9: rank 0 sees 8 GPUs, and the last is cuda:7")

    def test_runs_side_by_side_are_refused_before_one_begins(self):
        self.assertRegex(self.refused("--device", "cuda:9", "--jobs", "2"), "there is no cuda:9: this process sees 8 GPUs, and the last is cuda:7")
        for state, said in (("none", "no CUDA-capable device"), ("old", "driver version is insufficient")):
            self.assertRegex(self.refused("--device", "cuda", "--jobs", "2", XB_STAND_IN_DRIVER=state), said)

    @unittest.skipUnless(support.HAS_MPI, "built without MPI")
    def test_one_gpu_for_all_ranks(self):
        self.assertRegex(self.refused("--device", "cuda:1", ranks=3), "all 3 ranks would use cuda:1: write --device cuda")

    @unittest.skipUnless(support.HAS_MPI and support.HAS_NCCL, "built without MPI or NCCL")
    def test_more_ranks_than_gpus(self):
        self.assertRegex(self.refused("--device", "cuda", ranks=3, XB_STAND_IN_DEVICES="2"), "3 ranks on a host that shows 2 GPUs: start one rank per GPU")
        self.assertRegex(self.refused("--device", "cuda", ranks=3, XB_STAND_IN_DEVICES="1"), "would share a GPU .*: start one rank per GPU")

    def test_no_driver_an_old_one_and_a_gpu_that_is_taken(self):
        for state, said in (("none", "no GPU that CUDA .* can use .no CUDA-capable device"), ("old", "driver version is insufficient.*install a driver"), ("exclusive", "another process uses the GPU in exclusive mode"),
                            ("mismatch", "unsupported display driver.*install a driver"), ("unready", "not ready .system not yet initialized.*nvidia-fabricmanager"),
                            ("card", "no kernels for this card .no kernel image.*CMAKE_CUDA_ARCHITECTURES")):
            for ranks in self.worlds():
                with self.subTest(state, ranks=ranks):
                    self.assertRegex(self.refused("--device", "cuda", ranks=ranks, XB_STAND_IN_DRIVER=state), said)

    def test_too_little_memory_says_how_much_and_keeps_what_was_done(self):
        large = ONE.replace("dim = 100", "dim = 400000")
        for ranks in self.worlds():
            with self.subTest(ranks=ranks):
                self.assertRegex(self.refused("--device", "cuda", ranks=ranks, status=1, spec=large, XB_STAND_IN_MEMORY_MIB="6"),
                                 r"cuda:0 has no memory for .* GiB more .* the run needs 0\.22 GiB in all: spread its nodes over more GPUs .*xibench plan --device cuda shows")  # 192 MiB, and 8 x 3 + 1 rows of 400000 floats

    @unittest.skipIf(HAS_GPU, "here is a GPU")
    def test_the_real_libraries_without_a_driver_end_on_all_ranks_with_one_sentence(self):
        for ranks in self.worlds():
            self.assertRegex(self.refused("--device", "cuda", program=support.XIBENCH, ranks=ranks), "train.device: this host has no GPU that CUDA .* can use")


if __name__ == "__main__":
    support.main()
