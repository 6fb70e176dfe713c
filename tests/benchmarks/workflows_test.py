#!/usr/bin/env python3
"""The CI files call programs of this tree that exist and take the words they are given, and install what those need. workflows_test.py SOURCE BUILD"""
import re
import sys
import unittest

sys.path.insert(0, f"{sys.argv[1]}/tests")
from script import SOURCE, main, needs, run  # noqa: E402

needs("yaml")
import yaml  # noqa: E402


def commands():
    """(file, shell text) of every step."""
    for path in sorted((SOURCE / ".github" / "workflows").glob("*.yml")):
        for job in yaml.safe_load(path.read_text())["jobs"].values():
            yield from ((path.name, step["run"]) for step in job["steps"] if "run" in step)
    gitlab = yaml.safe_load((SOURCE / ".gitlab-ci.yml").read_text())
    for job in gitlab.values():
        script = job.get("script", []) if isinstance(job, dict) else []
        yield from ((".gitlab-ci.yml", text) for text in ([script] if isinstance(script, str) else script))


class Workflows(unittest.TestCase):
    def test_every_step_is_shell(self):
        for name, text in commands():
            with self.subTest(name):
                plain = re.sub(r"\$\{\{.*?\}\}", "word", text)
                run("bash", "-n", input=plain)

    def test_our_programs_are_called_with_words_that_they_know(self):
        called = {}
        for name, text in commands():
            for program, rest in re.findall(r"^(\./check|benchmarks/compare)\b(.*)$", text, re.M):
                called.setdefault(program, []).append((name, rest))
        self.assertEqual({program: len(calls) for program, calls in called.items()}, {"./check": 2, "benchmarks/compare": 2})
        self.assertIn("--full)", (SOURCE / "check").read_text())
        for name, rest in called["benchmarks/compare"]:
            with self.subTest(name):
                self.assertRegex(rest, r'^ "[^"]+" -o speed$')  # a revision and a directory, which is what is kept afterwards
        for program in called:
            self.assertTrue((SOURCE / program).stat().st_mode & 0o100, program)

    def test_the_programs_of_the_root_show_their_usage_and_refuse_other_words(self):
        for name in ("check", "quickstart"):
            help_text = run(SOURCE / name, "--help").stdout
            self.assertRegex(help_text, rf"^usage: ./{name}\b")
            done = run(SOURCE / name, "fast", status=2)
            self.assertEqual(done.stderr.splitlines(), [f"{name}: unknown argument 'fast'; {help_text.splitlines()[0]}"])


if __name__ == "__main__":
    main()
