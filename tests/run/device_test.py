"""--device in a build without CUDA: one sentence that says what the build lacks, and nothing else is different."""

import subprocess
import unittest

import support

HAS_CUDA = "XB_WITH_CUDA:BOOL=ON" in (support.BUILD / "CMakeCache.txt").read_text()
ONE = support.QUADRATIC[:support.QUADRATIC.index("[[variant]]")]
LACKS = "train.device: this build has no CUDA: configure with -DXB_WITH_CUDA=ON on a machine with a CUDA toolkit, or use --device cpu"


class Device(support.RunTest):
    @unittest.skipIf(HAS_CUDA, "built with CUDA: tests/gpu has its refusals")
    def test_every_command_that_takes_a_device_says_what_the_build_lacks(self):
        spec, in_file = self.spec(ONE), self.folder / "cuda.toml"
        in_file.write_text(ONE.replace("lr = 0.2", 'lr = 0.2\ndevice = "cuda"'))
        for words in (["run", spec, "--device", "cuda"], ["run", spec, "--device", "cuda:1"], ["run", in_file], ["plan", spec, "--device", "cuda"], ["bench", spec, "--device", "cuda"],
                      ["preflight", "--device", "cuda"]):
            with self.subTest(words[0], last=str(words[-1])):
                more = ["--out", self.folder / "out"] if words[0] == "run" else []
                done = subprocess.run([support.XIBENCH, *words, *more], capture_output=True, text=True, timeout=60, check=False)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(LACKS, done.stderr)
                self.assertFalse((self.folder / "out").exists())

    def test_the_flag_cpu_is_what_is_without_a_flag_and_outdoes_the_file(self):
        spec = self.spec(ONE)
        self.run_to_end(spec, self.folder / "a")
        self.run_to_end(spec, self.folder / "b", more=["--device", "cpu"])
        spec.write_text(ONE.replace("lr = 0.2", 'lr = 0.2\ndevice = "cuda"'))
        self.run_to_end(spec, self.folder / "c", more=["--device", "cpu"])
        self.assertEqual(self.digests(self.folder / "a"), self.digests(self.folder / "b"))
        self.assertEqual(self.digests(self.folder / "a"), self.digests(self.folder / "c"))


if __name__ == "__main__":
    support.main()
