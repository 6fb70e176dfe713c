#!/usr/bin/env python3
"""xibench list: every set that a sweep file chooses from, and the folders' READMEs have a row for each member. list_test.py SOURCE BUILD"""
import json
import re
import sys
import unittest

sys.path.insert(0, f"{sys.argv[1]}/tests")
from script import SOURCE, main, xibench  # noqa: E402

SETS = ["algorithms", "optimizers", "policies", "methods", "gauges", "topologies", "weights", "models", "datasets", "problems", "partitions", "keys", "columns"]


def run(*words, status=0):
    done = xibench("list", *words, status=status)
    return done.stdout if status == 0 else done.stderr


class List(unittest.TestCase):
    def setUp(self):
        self.sets = json.loads(run("--json"))

    def test_every_member_has_a_help(self):
        self.assertEqual(list(self.sets), SETS)
        for name, rows in self.sets.items():
            self.assertGreaterEqual(len(rows), 2, name)
            for row in rows:
                self.assertTrue(row["help"], f"{name}: {row['name']}")

    def test_text_and_json_have_the_same_members(self):
        self.assertEqual([line.split()[0] for line in run().splitlines()[1:]], SETS)
        for name, rows in self.sets.items():
            self.assertEqual([line.split()[0] for line in run(name).splitlines()[1:]], [row["name"] for row in rows])
            self.assertEqual(json.loads(run(name, "--json")), {name: rows})

    def test_an_unknown_set_is_refused_with_the_nearest(self):
        for words in (("polices",), ("polices", "--json")):
            self.assertEqual(run(*words, status=2).splitlines()[0].split(";")[0], "xibench: unknown set 'polices', did you mean 'policies'?")

    def test_the_tables_of_the_readmes_are_these(self):
        text = (SOURCE / "harness" / "control" / "README.md").read_text()
        table = re.findall(r"^\| (`.*?) \|", text, re.M)
        named = {name for row in table for name in re.findall(r"`([a-z-]+)", row)}
        self.assertEqual(named, {row["name"] for name in ("policies", "methods", "gauges") for row in self.sets[name]})


if __name__ == "__main__":
    main()
