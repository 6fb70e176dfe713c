#!/usr/bin/env python3
"""Launches two programs alternately and compares them: interleave.py OLD NEW -o OUT -- ARGUMENTS. Both get the same arguments; {out} in them becomes the
folder of the launch. The comparison reads the JSON that a launch prints, or the run files or JSON that it writes into its folder (analysis/launches.py).

  interleave.py base/xibench head/xibench -o launches -- bench benchmarks/sweeps/quickstart.toml --json --steps 40
  interleave.py base/xibench head/xibench -o launches -- run benchmarks/sweeps/kong2021-smoke.toml --all --out {out}
  interleave.py base/micro head/micro -o launches -- --benchmark_format=json
  interleave.py base/end_to_end head/end_to_end -o launches

It makes pairs (old new, new old, ...) until they can show a slowdown of --must-see on this machine, at most --most pairs. If something is slower, it
makes a second set in the same way. The launches stay in OUT. Exit status: as regress.py; also 1 if NEW fails, 2 if OLD fails or the input is bad, 130 if interrupted."""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import libraries  # noqa: F401  # first
from arguments import Parser, real, whole
from files import write_whole
from launches import MANIFEST
from messages import say
from regress import Unusable, add_options, check_places, compare, publish, rule_of
from verdicts import RED

PROGRAM = "interleave"
FIRST_PAIRS = 6  # with them Mann and Whitney's p can be 0.001


class LaunchFailed(Exception):
    def __init__(self, side, text):
        super().__init__(text)
        self.status = 1 if side == "new" else 2


class Driver:
    def __init__(self, programs, arguments, out, limit):
        self.programs, self.arguments, self.out, self.limit = programs, arguments, out, limit
        self.made, self.load = {}, 0.0  # launches of each set; the largest load at one

    def launch(self, side, folder):
        """One launch, its output in `folder`; its seconds. Raises LaunchFailed."""
        folder.mkdir(parents=True)
        command = [str(self.programs[side]), *(word.replace("{out}", str(folder)) for word in self.arguments)]
        begun, path = time.monotonic(), folder / "stdout"
        with open(path, "wb") as out, open(folder / "stderr", "wb") as err:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True)
            try:
                status = process.wait(self.limit)
            except BaseException as error:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                if isinstance(error, subprocess.TimeoutExpired):
                    raise LaunchFailed(side, f"{side}: {' '.join(command)} took longer than {self.limit:g} s: raise --timeout, or launch less") from error
                raise
        if status != 0:
            raise LaunchFailed(side, f"{side}: {' '.join(command)} ended with status {status}; what it said is in {folder / 'stderr'}")
        with open(path, "rb") as file:
            if file.read(1) == b"{":
                path.rename(path.with_suffix(".json"))
        return time.monotonic() - begun

    def extend(self, name, want):
        """The set gets `want` pairs. Which side goes first alternates."""
        folder, made = self.out / name, self.made.setdefault(name, [])
        for pair in range(len(made) // 2, want):
            took = {}
            for side in ("old", "new") if pair % 2 == 0 else ("new", "old"):
                start, load = time.time(), os.getloadavg()[0]
                took[side] = self.launch(side, folder / side / f"{pair:03d}")
                made.append({"folder": f"{side}/{pair:03d}", "pair": pair, "start": start, "seconds": took[side], "load": load})
                self.load = max(self.load, load)
            write_whole(folder / MANIFEST, json.dumps({"schema": "xibench-launches", "schema_version": 1, "launches": made}, indent=1) + "\n")
            say(PROGRAM, f"{name} set, pair {pair + 1} of {want}: old {took['old']:.2f} s, new {took['new']:.2f} s")

    def sides(self, name):
        return self.out / name / "old", self.out / name / "new"


def next_size(verdicts, have, rule, most):
    """How many pairs a set needs after it has `have`, an even number: at most twice as many at once, because what few launches say of the scatter is
    uncertain. The answer rests on the scatter alone, never on the difference, so looking between does not make chance look like a slowdown."""
    if have >= most or all(verdict.seen <= rule.must_see for verdict in verdicts):
        return have
    asked = max(verdict.pairs_needed or most for verdict in verdicts)
    size = max(have + 2, min(asked, 2 * have))
    return min(most, size + size % 2)


def pairs_made(verdicts_of, pairs, rule, most):
    """How many pairs a set has in the end that begins with so many and grows while its verdicts ask for more. verdicts_of(pairs): of the set with these."""
    have = 0
    while have < pairs:
        have, pairs = pairs, next_size(verdicts_of(pairs), pairs, rule, most)
    return have


def measure(driver, options):
    """The comparison after as many launches as it takes."""
    rule, most = rule_of(options), options.repeat or options.most
    for side in ("old", "new"):
        driver.launch(side, driver.out / "warm-up" / side)  # brings programs and data into memory; it counts for nothing
    shutil.rmtree(driver.out / "warm-up")
    comparison = None

    def first(pairs):
        nonlocal comparison
        driver.extend("first", pairs)
        comparison = compare(PROGRAM, driver.sides("first"), None, rule_of(options, needs_second=False), options.margin)
        return comparison.speed.values()

    def second(pairs):
        nonlocal comparison
        driver.extend("second", pairs)
        comparison = compare(PROGRAM, driver.sides("first"), driver.sides("second"), rule, options.margin)
        return [verdict.second for verdict in comparison.speed.values() if verdict.second]

    have = pairs_made(first, options.repeat or min(FIRST_PAIRS, most), rule, most)
    if any(verdict.word == RED for verdict in comparison.speed.values()):
        say(PROGRAM, f"slower in the first set: {have} pairs more have to confirm it")
        pairs_made(second, have, rule, most)
    if driver.load > (processors := len(os.sched_getaffinity(0))):
        say(PROGRAM, f"the load was up to {driver.load:.1f} on {processors} processors: a quieter machine needs fewer launches")
    return comparison


def read_options():
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                    usage="interleave.py OLD NEW -o OUT [options] [-- ARGUMENTS]")
    parser.add_argument("old", type=Path, help="the old program")
    parser.add_argument("new", type=Path, help="the new program")
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder for the launches; must be new or empty")
    parser.add_argument("--repeat", type=whole(1, 1000), metavar="N", help="make exactly N pairs, regardless of the scatter of the machine")
    parser.add_argument("--most", type=whole(1, 1000), default=40, metavar="N", help="most pairs in a set (default %(default)s)")
    parser.add_argument("--timeout", type=real(0, 1e6, above=True), default=3600, metavar="SECONDS", help="time limit of a launch (default %(default)s)")
    add_options(parser)
    words = sys.argv[1:]
    split = words.index("--") if "--" in words else len(words)
    options = parser.parse_args(words[:split])
    for program in (options.old, options.new):
        if not (program.is_file() and os.access(program, os.X_OK)):
            parser.error(f"{program}: is no program: build it, or give its path")
    if options.out.exists() and (not options.out.is_dir() or any(options.out.iterdir())):
        parser.error(f"{options.out}: is there already, and launches of another time would mix with these: give --out a new directory")
    return options, words[split + 1:]


def interrupt(*_):
    """What SIGINT does, also where a shell began this in the background and SIGINT is ignored."""
    raise KeyboardInterrupt


def main():
    options, arguments = read_options()
    signal.signal(signal.SIGTERM, interrupt)
    out = options.out.resolve()
    driver = Driver({"old": options.old.resolve(), "new": options.new.resolve()}, arguments, out, options.timeout)
    try:
        out.mkdir(parents=True, exist_ok=True)
        check_places(options)  # now, because they may be in `out`
        return publish(PROGRAM, measure(driver, options), options)
    except LaunchFailed as error:
        say(PROGRAM, error)
        return error.status
    except Unusable as error:
        say(PROGRAM, error)
        return 2
    except OSError as error:
        say(PROGRAM, f"{error.filename or out}: {error.strerror}")
        return 2
    except KeyboardInterrupt:
        confirm = f" --confirm {out}/second/old {out}/second/new" if (out / "second" / MANIFEST).exists() else ""
        say(PROGRAM, f"interrupted; compare what is there with analysis/regress.py {out}/first/old {out}/first/new{confirm}")
        return 130


if __name__ == "__main__":
    sys.exit(main())
