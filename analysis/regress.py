#!/usr/bin/env python3
"""Compares the launches of two programs: regress.py OLD NEW. Each is a directory or file with run files, or JSON of xibench bench, end_to_end or
Google Benchmark. Exit status: 0 nothing is slower and the science holds, 1 slower or worse, 2 bad input or nothing to compare, 3 cannot tell.

Something is slower if three things hold: p < 0.01 after Holm over the cells (Mann-Whitney test below ten interleaved pairs, signed ranks from ten on); a
slowdown of at least --threshold; the same result in a second set of launches (--confirm OLD NEW). "cannot tell" means that these launches would miss a
slowdown of --must-see too often, and that their 95 % interval does not exclude one. It is not a pass, and the output says how many launches are needed. analysis/interleave.py makes launches and calls this.
The science holds if the bits are equal, or if the accuracy is not worse by --margin."""

import argparse
import os
import sys
from pathlib import Path

import libraries  # noqa: F401  # first
from arguments import Parser, real
from files import write_whole
from launches import find_launches, samples_of
from messages import say
from run_sets import tell_odd
from same_science import compare_science
from verdict_formats import Comparison, as_json, as_junit, as_markdown, as_text
from verdicts import Rule, judge

FORMATS = {"json": as_json, "markdown": as_markdown, "junit": as_junit}


class Unusable(Exception):
    """A set of launches that is not the set that was meant."""


def add_options(parser):
    parser.add_argument("--threshold", type=real(0, 99.9), default=3.0, metavar="PERCENT", help="smallest slowdown that counts (default %(default)s)")
    parser.add_argument("--must-see", type=real(0, 99.9, above=True), default=10.0, metavar="PERCENT",
                        help="slowdown that the launches must be able to show; else the verdict is: cannot tell (default %(default)s)")
    parser.add_argument("--margin", type=real(0, 100, above=True), default=0.5, metavar="POINTS",
                        help="accuracy that runs with other bits may lose (default %(default)s)")
    for name, title in zip(FORMATS, ("JSON", "Markdown", "JUnit"), strict=True):
        parser.add_argument(f"--{name}", metavar="FILE", help=f"also write the verdicts as {title}; - means stdout, and the text then goes to stderr")


def rule_of(options, needs_second=True):
    return Rule(options.threshold / 100, options.must_see / 100, needs_second)


def load(program, old, new):
    """((launches, runs), (launches, runs)). Raises Unusable after it said why."""
    sides, failed = [], False
    for place in (old, new):
        launches, runs, problems, remarks = find_launches(place)
        for line in problems + remarks:
            say(program, line)
        failed |= bool(problems)
        sides.append((launches, runs))
    if failed:
        raise Unusable("leave out or mend what is named above: a set with unusable files is not the set that was meant")
    known = {launch.identity for launch in sides[0][0]}
    if both := sum(launch.identity in known for launch in sides[1][0]):
        say(program, f"{both} launches are in both sets and say nothing about a difference: left out of the new ones")
    return sides


def compare(program, first, second, rule, margin):
    """The verdicts on the places `first` = (OLD, NEW) and, where there is one, `second`. Raises Unusable."""
    (old, old_runs), (new, new_runs) = load(program, *first)
    samples, labels = samples_of(old, new)
    again = {}
    if second:
        (old_2, runs), (new_2, more) = load(program, *second)
        known = {launch.identity for launch in old + new}
        if copies := sum(launch.identity in known for launch in old_2 + new_2):
            raise Unusable(f"{copies} launches of the second set are in the first: a second set is launched again, not copied")
        again, (old_runs, new_runs) = samples_of(old_2, new_2)[0], (old_runs + runs, new_runs + more)
    tell_odd(program, old_runs + new_runs)
    cells = len({launch.cell for launch in old})
    if not samples:
        raise Unusable(f"compared 0 of {cells} cells (no configuration on one kind of machine has separate launches in both {first[0]} and {first[1]}): "
                       "launch the same sweep or benchmarks with the same ranks, threads and device")
    for label in sorted({launch.label for launch in old if launch.cell not in samples}):
        say(program, f"{label}: has no launch in {first[1]}, and is not compared")
    return Comparison(str(first[0]), str(first[1]), labels, judge(samples, rule, again), cells, compare_science(old_runs, new_runs, margin), rule, margin)


def check_places(options):
    """Raises Unusable where a verdict cannot be written: to be known before anything is launched."""
    for name in FORMATS:
        path = getattr(options, name)
        if path and path != "-" and (Path(path).is_dir() or not os.access(Path(path).parent, os.W_OK)):
            raise Unusable(f"{path}: cannot be written: give the path of a file in a folder that is there to --{name}")


def publish(program, comparison, options):
    """Prints and writes what was found; the exit status."""
    wanted = {name: getattr(options, name) for name in FORMATS if getattr(options, name)}
    print(as_text(comparison), end="", file=sys.stderr if "-" in wanted.values() else sys.stdout)
    for name, path in wanted.items():
        text = FORMATS[name](comparison)
        if path == "-":
            print(text, end="")
            continue
        try:
            write_whole(path, text)
        except OSError as error:
            say(program, f"{path}: cannot be written ({error.strerror}): give another path to --{name}")
            return 2
    return comparison.status


def main():
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", help="launches of the old program")
    parser.add_argument("new", help="launches of the new program")
    second = parser.add_mutually_exclusive_group()
    second.add_argument("--confirm", nargs=2, metavar=("OLD", "NEW"), help="a second set of launches, which confirms a slowdown or not")
    second.add_argument("--one-set", action="store_true", help="accept a slowdown without a second set, for launches that cannot be repeated")
    add_options(parser)
    options = parser.parse_args()
    try:
        comparison = compare("regress", (options.old, options.new), options.confirm, rule_of(options, not options.one_set), options.margin)
    except Unusable as error:
        say("regress", error)
        return 2
    return publish("regress", comparison, options)


if __name__ == "__main__":
    sys.exit(main())
