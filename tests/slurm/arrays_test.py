#!/usr/bin/env python3
"""Which arrays are submitted for what is missing of a sweep, and what it is said to cost."""

import sys
import unittest
from types import SimpleNamespace

sys.path[:0] = [f"{sys.argv[1]}/tests", f"{sys.argv[1]}/slurm"]
import arrays  # noqa: E402
from script import main  # noqa: E402


def missing(*indices, stage=1):
    return [{"index": index, "stage": stage} for index in indices]


def options(**changes):
    return SimpleNamespace(**{"seconds_per_step": None, "limit": 0, "pack": 1, "processors": 1, "xibench": "none", **changes})


class Arrays(unittest.TestCase):
    def test_ranges_are_as_sbatch_takes_them(self):
        self.assertEqual(arrays.ranges([0, 1, 2, 5, 7, 8]), "0-2,5,7-8")
        self.assertEqual(arrays.ranges([3]), "3")

    def test_array_task_is_plan_index(self):
        self.assertEqual(arrays.arrays(missing(1, 2, 4), 1, 1001), [(1, 0, [1, 2, 4], [1, 2, 4], 0)])

    def test_stages_come_in_order_whatever_the_order_of_runs(self):
        self.assertEqual(arrays.arrays(missing(0, stage=2) + missing(1), 1, 1001), [(1, 0, [1], [1], 0), (2, 0, [0], [0], 0)])

    def test_no_task_reaches_max_array_size_and_none_is_lost(self):
        found = arrays.arrays(missing(*range(0, 25, 2)), 1, 10)
        self.assertEqual([(stage, offset) for stage, offset, *_ in found], [(1, 0), (1, 10), (1, 20)])
        self.assertTrue(all(0 <= task < 10 for _, _, tasks, *_ in found for task in tasks))
        self.assertEqual([offset + task for _, offset, tasks, *_ in found for task in tasks], list(range(0, 25, 2)))

    def test_packed_tasks_cover_every_missing_run_once(self):
        indices = [0, 3, 4, 11, 12, 29]
        for pack in (2, 3, 7):
            done = []  # what the tasks do, as job.sh reads it
            for _, offset, tasks, runs, _ in arrays.arrays(missing(*indices), pack, 3):
                done += [offset + task * pack + k for task in tasks for k in range(pack) if offset + task * pack + k in runs]
            self.assertEqual(sorted(done), indices)

    def test_nothing_missing_is_no_array(self):
        self.assertEqual(arrays.arrays([], 1, 1001), [])


class Memory(unittest.TestCase):
    sizes = {index: 2**30 * (1 if index % 3 else 40) for index in range(30)}  # every third run is forty times as large

    def test_small_runs_do_not_ask_for_the_memory_of_large_ones(self):
        found = arrays.arrays(missing(*range(30)), 1, 1001, self.sizes)
        self.assertEqual([(len(runs), needed) for *_, runs, needed in found], [(20, 2**30), (10, 40 * 2**30)])
        self.assertEqual(found[1][3], list(range(0, 30, 3)))

    def test_every_task_fits_and_every_run_is_done_once(self):
        for pack, max_array in ((1, 7), (3, 4), (4, 1001)):
            done = []
            for _, offset, tasks, runs, needed in arrays.arrays(missing(*range(30)), pack, max_array, self.sizes):
                for task in tasks:
                    mine = [index for index in range(offset + task * pack, offset + (task + 1) * pack) if index in runs]
                    self.assertLessEqual(sum(self.sizes[index] for index in mine), needed)
                    self.assertGreater(sum(self.sizes[index] for index in mine) * 1.42, needed)  # sqrt(2): half a power of two
                    done += mine
            self.assertEqual(sorted(done), list(range(30)))

    def test_stages_are_not_mixed(self):
        self.assertEqual([(stage, runs) for stage, _, _, runs, _ in arrays.arrays(missing(0, 3) + missing(6, stage=2), 1, 1001, self.sizes)], [(1, [0, 3]), (2, [6])])

    def test_threads_add_their_memory_and_what_is_unknown_asks_for_nothing(self):
        plan = {"runs": [{"index": 0, "cost": {"memory_bytes": 2e9, "memory_bytes_per_thread": 1e8}}, {"index": 1, "cost": {"memory_bytes": 1e6, "memory_bytes_per_thread": 0}}]}
        least = arrays.LEAST_MEMORY + 2 * arrays.PLANNED_RUN
        self.assertEqual(arrays.memory_of(plan, 4), {0: 2.3e9, 1: least})
        plan["runs"][1]["cost"]["memory_bytes"] = None
        self.assertIsNone(arrays.memory_of(plan, 4))


class Needs(unittest.TestCase):
    plan = {"runs": [{"id": "a", "needs": []}, {"id": "b", "needs": []}, {"id": "c", "needs": ["a"]}]}

    def missing(self, wanted, **states):
        runs = [{"id": name, "index": index, "state": states.get(name, "missing")} for index, name in enumerate("abc")]
        chosen = {"runs": [run for run in runs if run["id"] in wanted]}
        return "".join(run["id"] for run in arrays.with_needs(chosen, self.plan, {"runs": runs}))

    def test_what_a_wanted_run_needs_is_done_too_and_nothing_else(self):
        self.assertEqual(self.missing("c"), "ac")
        self.assertEqual(self.missing("c", a="complete"), "c")
        self.assertEqual(self.missing("c", c="complete"), "")
        self.assertEqual(self.missing("bc", b="failed"), "abc")


class Estimate(unittest.TestCase):
    plan = {"runs": [{"index": k, "variants": ["a"], "cost": {"steps": 100 * (k + 1), "samples": 1000}} for k in range(3)]}
    status = {"runs": [{"index": k, "stage": 1, "state": "missing"} for k in range(3)]}

    def lines(self, runs, **changes):
        return arrays.estimate(runs, self.plan, self.status, options(**changes))

    def test_steps_and_samples_are_those_of_what_is_missing(self):
        self.assertEqual(self.lines(missing(0, 2))[0], "2 of 3 runs to do: 400 steps, 2000 samples")

    def test_without_a_finished_run_the_time_is_unknown(self):
        self.assertIn("time: unknown", self.lines(missing(0))[1])

    def test_all_at_once_take_as_long_as_the_longest(self):
        self.assertIn("10 min in all", self.lines(missing(0, 1, 2), seconds_per_step=1)[1])
        self.assertIn("5 min from start to end", self.lines(missing(0, 1, 2), seconds_per_step=1)[1])

    def test_one_at_a_time_takes_the_sum(self):
        self.assertIn("10 min from start to end", self.lines(missing(0, 1, 2), seconds_per_step=1, limit=1)[1])

    def test_stages_follow_each_other(self):
        self.assertIn("8 min from start to end", self.lines(missing(1, 2, stage=1)[1:] + missing(2, stage=2), seconds_per_step=0.8)[1])


if __name__ == "__main__":
    main()
