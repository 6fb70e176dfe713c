#!/usr/bin/env python3
"""benchmarks/compare on programs that print times: what it launches, its exit status, the comment. compare_test.py SOURCE BUILD"""
import sys
import xml.etree.ElementTree as xml

sys.path.insert(0, f"{sys.argv[1]}/tests")
from script import SOURCE, FolderTest, main, run  # noqa: E402

# The k-th launch prints `time` with a scatter that has a period of eleven launches.
PROGRAM = """#!/usr/bin/env bash
k=$(cat "$0.count" 2>/dev/null || echo 0); echo $((k + 1)) >"$0.count"; echo "$*" >>"$0.arguments"
printf '{{"context": {{"host_name": "h", "num_cpus": 2}}, "benchmarks": [{{"name": "a", "real_time": %d, "time_unit": "us"}}]}}\\n' \\
  $(({time} + ((k * {step}) % 11 - 5) * {scatter}))
exit {status}
"""
NAMES = ("xibench", "micro", "end_to_end")


class Compare(FolderTest):
    def build(self, side, **changed):
        """Three programs; `changed`: name=dict of what differs."""
        (self.folder / side).mkdir()
        for name in NAMES:
            path = self.folder / side / name
            path.write_text(PROGRAM.format(**{"time": 1_000_000, "scatter": 3000, "step": 7 if side == "old" else 5, "status": 0, **changed.get(name, {})}))
            path.chmod(0o755)
        return self.folder / side

    def compare(self, *arguments):
        return run(SOURCE / "benchmarks" / "compare", *arguments, status=None)

    def test_equal_builds_pass_and_the_comment_has_all_three(self):
        out = self.folder / "out"
        done = self.compare(self.build("old"), self.build("new"), "-o", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        comment = (out / "comment.md").read_text()
        for name in NAMES:
            self.assertIn(f"### {name}\n", comment)
            self.assertEqual(xml.parse(out / f"{name}.junit.xml").getroot().tag, "testsuite")
        self.assertIn("quickstart.toml --json", (self.folder / "new" / "xibench.arguments").read_text())

    def test_one_slower_program_is_enough(self):
        done = self.compare(self.build("old"), self.build("new", micro={"time": 2_000_000}), "-o", self.folder / "out")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("REGRESSION", (self.folder / "out" / "comment.md").read_text())

    def test_a_regression_counts_more_than_what_cannot_tell(self):
        old, new = self.build("old", xibench={"scatter": 80_000}), self.build("new", xibench={"scatter": 80_000}, end_to_end={"time": 2_000_000})
        done = self.compare(old, new, "-o", self.folder / "out", "--", "--repeat", 6)
        self.assertEqual(done.returncode, 1, done.stderr)

    def test_launches_that_scatter_cannot_tell(self):
        old, new = self.build("old", xibench={"scatter": 80_000}), self.build("new", xibench={"scatter": 80_000})
        self.assertEqual(self.compare(old, new, "-o", self.folder / "out", "--", "--repeat", 6).returncode, 3)

    def test_a_base_that_fails_is_said_in_the_comment(self):
        done = self.compare(self.build("old", end_to_end={"status": 9}), self.build("new"), "-o", self.folder / "out")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("### end_to_end\n\nNot compared: exit status 2.", (self.folder / "out" / "comment.md").read_text())

    def test_bad_input_is_one_line(self):
        builds = [self.build("old"), self.build("new")]
        for arguments, words in (((), "name the revision"), (("no-such-revision", "-o", "x"), "'no-such-revision' is not a revision"),
                                 ((*builds,), "name a directory"), ((*builds, "-o", self.folder), "already exists"),
                                 ((builds[0], self.folder / "none", "-o", "x"), "is not a directory"), (("--fast",), "unknown option")):
            done = self.compare(*arguments)
            self.assertEqual((done.returncode, len(done.stderr.splitlines())), (2, 1), done.stderr)
            self.assertIn(words, done.stderr)


if __name__ == "__main__":
    main()
