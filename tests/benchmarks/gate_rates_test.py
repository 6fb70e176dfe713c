#!/usr/bin/env python3
"""benchmarks/gate_rates.py on launches whose answer is known. gate_rates_test.py SOURCE BUILD"""
import json
import os
import random
import sys

sys.path[:0] = [f"{sys.argv[1]}/tests/analysis", f"{sys.argv[1]}/benchmarks"]
from support import FolderTest, main, program  # noqa: E402


class GateRates(FolderTest):
    def run_script(self, *arguments, status=0):
        done = program("../benchmarks/gate_rates.py", *arguments)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def rates(self, seconds, *options):
        """The cells of the table's rows, for launches of these seconds."""
        pool = self.folder / "pool.json"
        pool.write_text(json.dumps({"command": ["a"], "date": "2026-01-01", "processors": 2, "load": [0.5] * len(seconds), "cells": {"a": seconds}}))
        done = self.run_script("rates", pool, "-o", self.folder / "page.md", *options)
        page = (self.folder / "page.md").read_text()
        self.assertIn(done.stdout, page)
        self.assertIn(f"a processor, 2 cores: `gate_rates.py launch -o pool.json --count {len(seconds)} -- a`", page)
        return [[cell.strip() for cell in line.split("|")[1:-1]] for line in done.stdout.splitlines()[2:]]

    def test_steady_launches_are_never_red_and_a_slowdown_always_is(self):
        none, tenth = self.rates([1 + 1e-4 * (k % 7) for k in range(120)], "--slowdowns", 0, 10, "--stride", 3)
        self.assertEqual((none[4].split(" (")[0], none[5].split(" (")[0], none[6]), ("0.0 %", "0.0 %", "6"))
        self.assertEqual(tenth[4].split(" (")[0], "100.0 %")
        # Comparisons begin at every third launch; without a second set each uses 2 x 6 of the 120, with one 4 x 6.
        self.assertEqual((none[7], tenth[7]), ("40, 10", "40, 5"))

    def test_launches_that_scatter_cannot_tell(self):
        draw = random.Random(1)
        (none,) = self.rates([draw.lognormvariate(0, 0.5) for _ in range(120)], "--slowdowns", 0, "--stride", 12, "--most", 8)
        self.assertEqual(none[5].split(" (")[0], "100.0 %")

    def test_a_comparison_that_takes_more_launches_than_there_are_is_refused(self):
        draw = random.Random(1)
        pool = self.folder / "pool.json"
        pool.write_text(json.dumps({"command": ["a"], "date": "", "processors": 2, "load": [0.5] * 60, "cells": {"a": [draw.lognormvariate(0, 0.5) for _ in range(60)]}}))
        done = self.run_script("rates", pool, "--most", 200, status=2)
        self.assertRegex(done.stderr, r"pool.json: a comparison takes \d+ launches and 60 are there: launch more, or allow fewer with --most")

    def test_a_launch_that_alternates_by_itself_is_no_slowdown(self):
        # Slow, fast, slow, ...: a driver that always launches the old side first would see a factor of two.
        (none,) = self.rates([1 + k % 2 + 1e-3 * (k % 5) for k in range(120)], "--slowdowns", 0, "--stride", 4)
        self.assertEqual(none[4].split(" (")[0], "0.0 %")

    def test_launches_of_a_program(self):
        script = self.folder / "program"
        script.write_text('#!/bin/sh\necho \'{"context": {}, "benchmarks": [{"name": "a", "real_time": 2, "time_unit": "ms"}]}\'\n')
        script.chmod(0o755)
        self.run_script("launch", "-o", self.folder / "pool.json", "--count", 20, "--", script)
        pool = json.loads((self.folder / "pool.json").read_text())
        self.assertEqual((pool["cells"], len(pool["load"])), ({"a": [0.002] * 20}, 20))

    def test_launches_before_one_that_fails_are_kept(self):
        script, end = self.folder / "program", self.folder / "launched"
        for failure, status, sentence in (("exit 3", 1, "launch 4 ended with status 3"), ("echo hello; exit", 2, "and this is none"),
                                          ("""echo '{"context": {}, "benchmarks": []}'; exit""", 2, "the program printed no times"),
                                          ("""echo '{"context": {}, "benchmarks": [{"name": "b", "real_time": 2, "time_unit": "ms"}]}'; exit""", 2,
                                           "a: is not in every launch exactly once")):
            end.write_text("")
            script.write_text(f'''#!/bin/sh
echo >>"{end}"
if [ "$(wc -l <"{end}")" = 4 ]; then {failure}; fi
echo '{{"context": {{}}, "benchmarks": [{{"name": "a", "real_time": 2, "time_unit": "ms"}}]}}'
''')
            script.chmod(0o755)
            done = self.run_script("launch", "-o", self.folder / "pool.json", "--count", 20, "--", script, status=status)
            self.assertIn(sentence, done.stderr)
            self.assertIn("pool.json.partial has the 3 launches before", done.stderr)
            self.assertEqual(json.loads((self.folder / "pool.json.partial").read_text())["cells"], {"a": [0.002] * 3})
            self.assertFalse((self.folder / "pool.json").exists())

    def refused(self, *arguments):
        done = self.run_script(*arguments, status=2)
        self.assertEqual((done.stdout, done.stderr.count("\n")), ("", 1))
        return done.stderr

    def test_a_program_without_a_result_is_said(self):
        script = self.folder / "program"
        launching = ["launch", "-o", self.folder / "pool.json", "--count", 20, "--"]
        for printed, sentence in (("hello", "must print JSON of xibench bench, end_to_end or Google Benchmark, and this is none"), ("[]", "and this is other JSON"),
                                  ('{"context": {}, "benchmarks": [{"name": "a"}]}', "printed no whole result of Google Benchmark (KeyError('real_time'))"),
                                  ('{"context": {}, "benchmarks": 3}', "printed no whole result of Google Benchmark")):
            script.write_text(f"#!/bin/sh\necho '{printed}'\n")
            script.chmod(0o755)
            self.assertIn(sentence, self.refused(*launching, script))
        self.assertIn("/nosuch cannot be started (No such file or directory)", self.refused(*launching, "/nosuch"))

    def test_the_place_of_the_result_is_looked_at_first(self):
        (self.folder / "file").write_text("")
        out = self.folder / "file" / "x.json"
        self.assertIn("cannot be made", self.refused("launch", "-o", out, "--count", 20, "--", "touch", self.folder / "launched"))
        self.assertFalse((self.folder / "launched").exists())
        self.assertIn("cannot be made", self.refused("rates", self.folder / "nosuch.json", "-o", out))

    def test_damaged_pools_are_refused_by_name(self):
        pool, whole = self.folder / "pool.json", {"command": ["a"], "date": "", "processors": 2, "load": [1, 1], "cells": {"a": [1, 2]}}
        for text in ("", json.dumps(whole)[:50], "[]", "{}", '{"load": 3}', "[" * 100_000, json.dumps({key: value for key, value in whole.items() if key != "date"}),
                     *(json.dumps(whole | {"cells": cells}) for cells in ({}, [], {"a": [1]}, {"a": [1, 0]}, {"a": [1, "x"]}, {"a": 1}))):
            pool.write_text(text)
            self.assertIn(f"gate_rates: {pool}: no whole list of launches (", self.refused("rates", pool))
        self.assertIn("nosuch.json: cannot be reached (No such file or directory)", self.refused("rates", self.folder / "nosuch.json"))
        os.mkfifo(self.folder / "pipe.json")
        self.assertIn("pipe.json: is not a regular file", self.refused("rates", self.folder / "pipe.json"))

    def test_a_program_that_fails_is_named(self):
        done = self.run_script("launch", "-o", self.folder / "pool.json", "--count", 20, "--", "/bin/false", status=1)
        self.assertFalse((self.folder / "pool.json").exists())
        self.assertIn("launch 1 ended with status 1", done.stderr)


if __name__ == "__main__":
    main()
