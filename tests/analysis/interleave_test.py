import support
import json
import os
import signal
import subprocess
import sys
import time

# A program that takes no time: the k-th launch prints `time` with a scatter that has a period of eleven launches.
PROGRAM = """#!/usr/bin/env bash
k=$(cat "$0.count" 2>/dev/null || echo 0); echo $((k + 1)) >"$0.count"
echo "$(basename "$0") $*" >>"$(dirname "$0")/order"
{extra}
wobble=$(((k * {step}) % 11 - 5))
printf '{{"context": {{"host_name": "h", "num_cpus": 2}}, "benchmarks": [{{"name": "a", "real_time": %d, "time_unit": "us"}}]}}\\n' \\
  $(({time} + wobble * {scatter} * {time} / 10000)) {to}
"""


class Interleave(support.FolderTest):
    def program(self, name, time=1_000_000, scatter=30, step=7, extra="", to=""):
        """`scatter` in 1/10000 per unit of the wobble, whose deviation is 3.2."""
        path = self.folder / name
        path.write_text(PROGRAM.format(time=time, scatter=scatter, step=step, extra=extra, to=to))
        path.chmod(0o755)
        return path

    def command(self, old, new, *options):
        return [sys.executable, support.SOURCE / "analysis" / "interleave.py", old, new, "-o", self.folder / "out", *map(str, options)]

    def interleave(self, *arguments):
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, check=False)

    def manifest(self, name="first"):
        return json.loads((self.folder / "out" / name / "launches.json").read_text())["launches"]

    def test_two_like_programs_pass_after_six_pairs_that_alternate(self):
        done = self.interleave(self.program("old"), self.program("new", step=5), "--", "some", "--words")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("6 and 6 launches, rank sums", done.stdout)
        warm_up = ["old some --words", "new some --words"]
        first, turned = ["old some --words", "new some --words"], ["new some --words", "old some --words"]
        self.assertEqual((self.folder / "order").read_text().splitlines(), warm_up + (first + turned) * 3)
        self.assertEqual([launch["folder"].split("/")[0] for launch in self.manifest()], ["old", "new", "new", "old"] * 3)
        self.assertFalse((self.folder / "out" / "second").exists())

    def test_a_tenth_slower_is_red_after_a_second_set(self):
        markdown = self.folder / "verdict.md"
        done = self.interleave(self.program("old"), self.program("new", time=1_111_111, step=5), "--markdown", markdown)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"REGRESSION: a: ratio 0\.(89|90).*second set: ratio 0\.(89|90)")
        self.assertEqual(len(self.manifest("second")), 12)
        self.assertIn("🔴 REGRESSION", markdown.read_text())

    def test_what_the_second_set_does_not_show_is_no_regression(self):
        slow_once = "[ $k -gt 6 ] || { k=0; set -- 5; }"  # the warm-up and the first set
        new = self.program("new", step=5, extra=slow_once, to="| sed \"s/time\\\": 9/time\\\": ${1:+1}9/\"", time=999_999, scatter=0)
        done = self.interleave(self.program("old"), new)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("slower in the first set: 6 pairs more have to confirm it", done.stderr)
        self.assertRegex(done.stdout, "within noise: a: .*second set: ratio")

    def test_a_second_set_that_scatters_more_than_the_first_gets_more_pairs_too(self):
        # After the warm-up and six launches the wobble is five times as large.
        louder = "[ $k -lt 7 ] || loud=5"
        programs = [self.program(name, time=time, step=step, scatter="${loud:-1} * 30", extra=louder) for name, time, step in (("old", 1_000_000, 7), ("new", 1_111_111, 5))]
        done = self.interleave(*programs)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertEqual(len(self.manifest()), 12)
        self.assertGreater(len(self.manifest("second")), 12)
        self.assertIn("REGRESSION: a: ", done.stdout)

    def test_scatter_asks_for_more_pairs_and_gets_them(self):
        done = self.interleave(self.program("old", scatter=160), self.program("new", scatter=160, step=5))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"within noise: a: .*, \d\d pairs, signed ranks")
        pairs = len(self.manifest()) // 2
        self.assertGreater(pairs, 6)
        self.assertEqual(len({launch["folder"] for launch in self.manifest()}), 2 * pairs)

    def test_scatter_beyond_the_most_pairs_cannot_tell(self):
        done = self.interleave(self.program("old", scatter=400), self.program("new", scatter=400, step=5), "--most", 8)
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertEqual(len(self.manifest()), 16)
        self.assertRegex(done.stdout, r"cannot tell: a: .*make \d+ interleaved pairs")

    def test_a_fixed_number_of_pairs(self):
        done = self.interleave(self.program("old"), self.program("new", step=5), "--repeat", 11)
        self.assertIn("11 pairs, signed ranks", done.stdout)

    def test_what_a_program_writes_into_its_folder_counts(self):
        old, new = self.program("old", to='>"$1/x.json"'), self.program("new", step=5, to='>"$1/x.json"')
        done = self.interleave(old, new, "--", "{out}")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertTrue((self.folder / "out" / "first" / "old" / "005" / "x.json").is_file())

    def test_a_program_that_fails(self):
        whole, broken = self.program("whole"), self.program("broken", extra="echo no data >&2; exit 7")
        for old, new, status in ((whole, broken, 1), (broken, whole, 2)):
            done = self.interleave(old, new)
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertRegex(done.stderr, "broken ended with status 7; what it said is in .*stderr")
            subprocess.run(["rm", "-r", self.folder / "out"], check=True)

    def test_bad_input_is_refused_in_a_line(self):
        program = self.program("old")
        (self.folder / "out").mkdir()
        (self.folder / "out" / "result").write_text("kept")
        for arguments in ((program, program), (program, self.folder / "missing"), (self.folder, program)):
            done = self.interleave(*arguments)
            self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1), done.stderr)
        self.assertEqual((self.folder / "out" / "result").read_text(), "kept")
        (self.folder / "out" / "result").unlink()
        for path in (self.folder / "none" / "verdict.json", self.folder):
            done = self.interleave(program, program, "--json", path)
            self.assertEqual((done.returncode, done.stderr), (2, f"interleave: {path}: cannot be written: give the path of a file in a folder that is there to --json\n"))
        self.assertFalse((self.folder / "order").exists())  # nothing was launched

    def test_a_program_that_does_not_end_is_ended(self):
        done = self.interleave(self.program("old", extra="sleep 600"), self.program("new"), "--timeout", 0.5)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("took longer than 0.5 s", done.stderr)

    def test_an_interruption_ends_the_launch_and_keeps_the_others(self):
        new = self.program("new", step=5, extra='[ $k -lt 3 ] || { echo $$ >"$0.pid"; sleep 600; }')
        in_background = lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell begins it
        process = subprocess.Popen(self.command(self.program("old"), new), stderr=subprocess.PIPE, text=True, preexec_fn=in_background)
        while not (self.folder / "new.pid").exists() or not (self.folder / "new.pid").read_text():
            self.assertIsNone(process.poll())
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate()
        self.assertEqual(process.returncode, 130, said)
        self.assertIn("analysis/regress.py", said)
        self.assertEqual(len(self.manifest()), 4)
        with self.assertRaises(ProcessLookupError):
            os.kill(int((self.folder / "new.pid").read_text()), 0)


if __name__ == "__main__":
    support.main()
