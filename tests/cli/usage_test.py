"""What the program says of a wrong command line and of an output that nobody takes: usage_test.py SOURCE BUILD."""

import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, f"{sys.argv[1]}/tests")
from script import XIBENCH, FolderTest, main, needs, xibench  # noqa: E402

needs(XIBENCH)

SPEC = """name = "usage"
[data]
dataset = "quadratic(dim = 10, zeta = 2, sigma = 1, steps = 5)"
[model]
name = "none"
[train]
nodes = 4
batch_size = 1
[sweep]
"train.lr" = [{}]
"""


class Usage(FolderTest):
    def plan_of(self, points=2):
        return self.spec(SPEC.format(", ".join(f"{0.1 / k}" for k in range(1, points + 1))))

    def test_a_wrong_command_line_is_refused_in_one_line_with_its_command_and_what_to_do(self):
        spec = self.plan_of()
        for words, said in [((), "xibench: "), (("run",), "xibench run: SPEC"), (("plan", spec, "--index", "abc"), "xibench plan: "), (("--bogus",), "--bogus"),
                            (("run", spec, "--bogus"), "xibench run: "), (("gap", ".", "--format", "xml"), "xibench gap: --format"),
                            (("plan", spec, "--stage", 0), "xibench plan: --stage"), (("plan", spec, "--stage", -1), "--stage"), (("paln", spec), "paln")]:
            done = xibench(*words, status=2)
            self.assertEqual((done.stdout, done.stderr.count("\n")), ("", 1), words)
            self.assertTrue(done.stderr.startswith("xibench"), done.stderr)
            self.assertIn(said, done.stderr)
            self.assertIn("--help", done.stderr)

    def test_an_empty_value_is_refused_wherever_a_flag_takes_one(self):
        spec = self.plan_of()
        for command, flags in [(("run", spec), ("--out", "--index", "--stage", "--max-seeds", "--max-hours", "--stall-minutes", "--retries", "--threads", "--jobs")),
                               (("plan", spec), ("--out", "--kept", "--set", "--where")), (("status", spec), ("--out",)), (("gap", "."), ("--keep", "--sweep", "--latency")),
                               (("topology", "ring"), ("--decay", "--seed")), (("data", "verify"), ("--data",))]:
            for flag in flags:
                said = xibench(*command, flag, "", status=2).stderr
                self.assertIn(f"{flag}: is empty (perhaps an unset shell variable): give a value, or leave it out", said)
        self.assertIn("xibench plan: SPEC: is empty", xibench("plan", "", status=2).stderr)
        self.assertIn("--seed: is negative: seeds count from 0", xibench("topology", "ring", "--seed", -1, status=2).stderr)

    def test_flags_of_plan_that_belong_to_another_are_refused_without_it(self):
        spec, out = self.plan_of(), self.folder / "out"
        for words, said in [(("--kept", "nosuch.json"), "--out: is missing"), (("--max-seeds", 4), "--next-look: is missing"),
                            (("--out", out, "--max-seeds", 4), "--next-look: is missing"), (("--next-look",), "--out: is missing"),
                            (("--out", out, "--next-look", "--index", 0), "--next-look: chooses its runs itself"),
                            (("--out", out, "--next-look", "--stage", 1), "--next-look: chooses its runs itself")]:
            done = xibench("plan", spec, *words, status=2)
            self.assertEqual((done.stdout, done.stderr.count("\n")), ("", 1), words)
            self.assertIn(said, done.stderr)

    def test_a_repeatable_option_takes_one_value_each_time_and_help_says_so(self):
        spec = self.plan_of(3)
        shown = xibench("plan", "--help").stdout
        self.assertRegex(shown, r"--index INT\s")
        self.assertNotIn("...", shown)
        self.assertEqual(xibench("plan", spec, "--index", 0, "--index", 2).stderr.split()[0], "2")
        xibench("plan", spec, "--index", 0, 2, status=2)
        self.assertEqual(xibench("plan", spec, "--set", "train.nodes=2", "--set", "train.epochs=2", "--stage", 1).stderr.split()[0], "3")

    @unittest.skipUnless(Path("/dev/full").exists(), "no /dev/full")
    def test_output_that_cannot_be_written_is_a_failure(self):
        for words in [("plan", self.plan_of()), ("plan", self.plan_of(2000), "--json"), ("topology", "ring", "--nodes", 8), ("doctor",), ("--version",), ("run", "--help")]:
            with open("/dev/full", "w") as full:
                done = xibench(*words, status=1, stdout=full)
            self.assertRegex(done.stderr, r"xibench: cannot write to .*No space left on device")

    def test_a_reader_that_leaves_early_is_no_failure(self):
        for ignored in (True, False):  # a shell lets SIGPIPE end the program, some programs ignore it for their children
            reading, writing = os.pipe()
            os.close(reading)
            done = subprocess.run([XIBENCH, "plan", self.plan_of(2000), "--json"], stdout=writing, stderr=subprocess.PIPE, check=False,
                                  restore_signals=not ignored)
            os.close(writing)
            self.assertEqual(done.stderr, b"")
            self.assertIn(done.returncode, (0,) if ignored else (0, -13))

    def test_what_is_no_regular_file_is_refused_not_waited_for(self):
        pipe = self.folder / "pipe.h5"
        os.mkfifo(pipe)
        for words in (("show", pipe), ("show", "--validate", pipe), ("gap", pipe)):
            self.assertIn("a pipe or a device, not a file", xibench(*words, status=2).stderr)


if __name__ == "__main__":
    main()
