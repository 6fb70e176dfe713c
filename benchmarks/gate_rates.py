#!/usr/bin/env python3
"""Measures how often the comparison of analysis/regress.py is wrong on this machine. Launches one program many times. Then compares the program with
itself, and with itself slowed down.

  gate_rates.py launch -o quiet.json --count 600 -- build/micro --benchmark_format=json --benchmark_filter=one_shot/nodes:64
  gate_rates.py rates quiet.json loaded.json -o benchmarks/results/gate.md

A comparison takes consecutive launches in the order of analysis/interleave.py: old new, new old, ... It takes as many pairs as the rule asks for, at most
--most per set, and a second set if the first shows a slowdown. So it includes the drift and the jumps of this machine. The planted slowdown multiplies
the times of one side. Comparisons begin at every launch of a pool. Overlapping comparisons are not independent, so the interval of a rate counts only
as many comparisons as fit without overlap."""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "analysis"))

import libraries  # noqa: E402, F401
import numpy as np  # noqa: E402
from scipy.stats import beta  # noqa: E402

from arguments import Parser, real, whole  # noqa: E402
from files import write_whole  # noqa: E402
from interleave import FIRST_PAIRS, pairs_made  # noqa: E402
from launches import reader_of  # noqa: E402
from machine import why_not_written  # noqa: E402
from messages import say  # noqa: E402
from power import log_time  # noqa: E402
from regress import Unusable  # noqa: E402
from rank_tests import Sample  # noqa: E402
from run_file import not_a_file  # noqa: E402
from verdicts import DOUBT, RED, SUSPECTED, Rule, judge, judge_set  # noqa: E402

PROGRAM = "gate_rates"


def cpu():
    """The model, as Linux names it."""
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text(encoding="utf-8", errors="replace").splitlines() if facts.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")


def rows_of(output):
    """(label, seconds) of each cell of a launch. Raises Unusable."""
    wanted = "the program must print JSON of xibench bench, end_to_end or Google Benchmark"
    try:
        data = json.loads(output)
    except (ValueError, RecursionError) as error:
        raise Unusable(f"{wanted}, and this is none ({error})") from error
    reader, program = reader_of(data)
    if reader is None:
        raise Unusable(f"{wanted}, and this is other JSON")
    try:
        return [(label, float(seconds)) for _, label, seconds, _ in reader(data)]
    except (AttributeError, LookupError, TypeError, ValueError, ZeroDivisionError) as error:
        raise Unusable(f"the program printed no whole result of {program} ({error!r})") from error


class LaunchFailed(Exception):
    """The program ended with another status than 0."""


def rows_of_launch(command, cells):
    """rows_of() a launch of the command, of the same cells as the launches before. Raises LaunchFailed or Unusable."""
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except OSError as error:
        raise Unusable(f"{command[0]} cannot be started ({error.strerror}): name a program after --") from error
    if done.returncode != 0:
        raise LaunchFailed(f"ended with status {done.returncode}: {done.stderr.decode(errors='replace').strip()[-200:]}")
    rows = rows_of(done.stdout)
    labels = [label for label, _ in rows]
    if not labels:
        raise Unusable("the program printed no times")
    for label in [*cells, *labels]:
        if labels.count(label) != 1 or (cells and label not in cells):
            raise Unusable(f"{label}: is not in every launch exactly once")
    return rows


def launch(options):
    """Cells -> seconds of each launch, and the load at each. A launch that fails ends it; those before are kept, beside an earlier result."""
    cells, loads, begun, problem = {}, [], time.time(), None
    for k in range(options.count):
        load = os.getloadavg()[0]
        try:
            rows = rows_of_launch(options.command, cells)
        except (LaunchFailed, Unusable) as error:
            problem = error
            break
        for label, seconds in rows:
            cells.setdefault(label, []).append(seconds)
        loads.append(load)
        if (k + 1) % 50 == 0:
            say(PROGRAM, f"{k + 1} of {options.count} launches, {(time.time() - begun) / (k + 1) * (options.count - k - 1):.0f} s left")
    if loads:
        out = options.out.with_name(options.out.name + ".partial") if problem else options.out
        pool = {"schema": "xibench-launch-pool", "command": options.command, "date": time.strftime("%Y-%m-%d"), "cpu": cpu(),
                "processors": len(os.sched_getaffinity(0)), "load": loads, "cells": cells}
        write_whole(out, json.dumps(pool) + "\n")
        if problem:
            say(PROGRAM, f"{out} has the {len(loads)} launches before")
    if isinstance(problem, LaunchFailed):
        say(PROGRAM, f"launch {len(loads) + 1} {problem}")
        return 1
    if problem:
        raise problem
    return 0


class Pool:
    def __init__(self, path):
        self.path, remedy = path, "name a file that gate_rates.py launch wrote"
        if problem := not_a_file(path):
            raise Unusable(f"{path}: {problem}: {remedy}")
        try:
            self.facts = json.loads(path.read_text(encoding="utf-8"))
            self.size = len(self.facts["load"])
            seconds = {label: np.array(cell, dtype=float) for label, cell in self.facts["cells"].items()}
            if not seconds or not all(cell.shape == (self.size,) and (cell > 0).all() and np.isfinite(cell).all() for cell in seconds.values()):
                raise ValueError("cells: not a time above 0 of each launch")
            if lacking := {"command", "date", "processors"} - self.facts.keys():
                raise KeyError(min(lacking))
        except OSError as error:
            raise Unusable(f"{path}: cannot be read ({error.strerror}): make it readable") from error
        except (AttributeError, LookupError, OverflowError, RecursionError, TypeError, ValueError) as error:
            raise Unusable(f"{path}: no whole list of launches ({error!r}): {remedy}") from error
        self.log_seconds = {label: np.log(cell) for label, cell in seconds.items()}

    def samples(self, start, pairs, slowdown, slow_cell):
        """Sets of `pairs` pairs of launches from `start` on: old new, new old, ..."""
        at = (start + np.arange(2 * pairs)) % self.size
        old = at[[2 * k + k % 2 for k in range(pairs)]]
        new = at[[2 * k + 1 - k % 2 for k in range(pairs)]]
        return {label: Sample(values[old], values[new] + (log_time(slowdown) if label == slow_cell else 0), True) for label, values in self.log_seconds.items()}

    def compare(self, start, slowdown, slow_cell, rule, most):
        """What interleave.py does: (words of the cells, pairs of a set, launches in all)."""
        samples = lambda at, pairs: self.samples(at, pairs, slowdown, slow_cell)
        have = pairs_made(lambda pairs: judge_set(samples(start, pairs), rule).values(), min(FIRST_PAIRS, most), rule, most)
        first, again = samples(start, have), 0
        verdicts = judge(first, rule)

        def second(pairs):
            nonlocal verdicts
            verdicts = judge(first, rule, samples(start + 2 * have, pairs))
            return [verdict.second for verdict in verdicts.values() if verdict.second]

        if any(verdict.word == SUSPECTED for verdict in verdicts.values()):
            again = pairs_made(second, have, rule, most)
        if 2 * (have + again) > self.size:
            raise Unusable(f"{self.path}: a comparison takes {2 * (have + again)} launches and {self.size} are there: launch more, or allow fewer with --most")
        return {label: verdict.word for label, verdict in verdicts.items()}, have, 2 * (have + again)


def interval(hits, tries, independent):
    """95 % of a rate, Clopper and Pearson, with the hits scaled to the comparisons that are independent."""
    n = max(1, independent)
    k = hits / tries * n
    low = beta.ppf(0.025, k, n - k + 1) if k > 0 else 0.0
    high = beta.ppf(0.975, k + 1, n - k) if k < n else 1.0
    return low, high


def rates(pool, slowdown, options):
    """Of all comparisons of a pool: counts of the table's words, and the median pairs."""
    rule = Rule()
    cells = list(pool.log_seconds)
    starts = range(0, pool.size, options.stride)
    counts, pairs, used, comparisons = {RED: 0, DOUBT: 0}, [], [], 0
    for k, start in enumerate(starts):
        slow_cell = cells[k % len(cells)] if slowdown else None
        words, made, launches = pool.compare(start, slowdown, slow_cell, rule, options.most)
        seen = [words[slow_cell]] if slowdown else list(words.values())
        counts[RED] += RED in seen      # of a comparison without slowdown: any cell
        counts[DOUBT] += RED not in seen and DOUBT in seen
        pairs.append(made)
        used.append(launches)
        comparisons += 1
    return counts, comparisons, int(np.median(pairs)), int(pool.size / np.mean(used))


def percent(hits, tries, independent):
    low, high = interval(hits, tries, independent)
    return f"{100 * hits / tries:.1f} % ({100 * low:.0f} to {100 * high:.0f})"


def write_table(options):
    pools = [Pool(path) for path in options.pools]
    lines = ["| launches | load | cells | planted slowdown | red | cannot tell | pairs a set, median | comparisons, independent |", "|---|---:|---:|---:|---:|---:|---:|---:|"]
    for pool in pools:
        load = f"{np.median(pool.facts['load']):.1f} on {pool.facts['processors']}"
        for slowdown in options.slowdowns:
            counts, tries, pairs, independent = rates(pool, slowdown / 100, options)
            lines.append(f"| {pool.path.stem}, {pool.size} | {load} | {len(pool.log_seconds)} | {f'{slowdown:g} %' if slowdown else 'none'} | {percent(counts[RED], tries, independent)} | "
                         f"{percent(counts[DOUBT], tries, independent)} | {pairs} | {tries}, {independent} |")
            say(PROGRAM, lines[-1])
    text = "\n".join(lines) + "\n"
    commands = "".join(f"- {pool.path.name}, {pool.facts['date']}, {pool.facts.get('cpu') or 'a processor'}, {pool.facts['processors']} cores: "
                       f"`gate_rates.py launch -o {pool.path.name} --count {pool.size} -- {' '.join(pool.facts['command'])}`\n" for pool in pools)
    if options.out:
        made = f"gate_rates.py rates {' '.join(pool.path.name for pool in pools)} --most {options.most} --stride {options.stride}"
        write_whole(options.out, f"# How often the gate is wrong\n\n{PAGE}\n{text}\nMade by `{made}` of these launches:\n\n{commands}")
    print(text, end="")
    return 0


PAGE = """Made by `benchmarks/gate_rates.py`, whose head says how: the gate of `analysis/interleave.py` compares a program with itself on one machine, and with itself slowed down. *red*: \
the comparison ends with a regression (without a planted slowdown: in any cell), second set included. *cannot tell* is no pass: the gate asks for more launches than it was \
allowed. Intervals are of 95 %, with as many comparisons as fit side by side into the launches.
"""


def main():
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="what", required=True, metavar="launch|rates")
    make = commands.add_parser("launch", help="launch a program many times")
    make.add_argument("-o", "--out", type=Path, required=True, help="file for the launches")
    make.add_argument("--count", type=whole(20, 100000), default=600, help="launches (default %(default)s)")
    make.add_argument("command", nargs="+", help="-- the program and its arguments")
    table = commands.add_parser("rates", help="compute error rates from such files")
    table.add_argument("pools", nargs="+", type=Path)
    table.add_argument("-o", "--out", type=Path, help="also write the table as a page")
    table.add_argument("--most", type=whole(2, 1000), default=40, help="most pairs in a set (default %(default)s)")
    table.add_argument("--stride", type=whole(1, 1000), default=1, help="launches between the starts of two comparisons (default %(default)s)")
    table.add_argument("--slowdowns", type=real(0, 99), nargs="+", default=[0, 5, 10, 50], metavar="PERCENT", help="planted slowdowns (default 0 5 10 50)")
    options = parser.parse_args()
    if options.out and (problem := why_not_written(options.out)):
        parser.error(problem)
    try:
        return launch(options) if options.what == "launch" else write_table(options)
    except Unusable as error:
        say(PROGRAM, error)
        return 2


if __name__ == "__main__":
    sys.exit(main())
