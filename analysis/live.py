#!/usr/bin/env python3
"""Shows the curves of unfinished runs: live.py DIR... -o live.html. Writes a page that reloads itself, and updates it until no run is active; where there
is no run yet, it waits for the first. Reads heartbeats, checkpoints and finished runs without a lock. Exit status: 0 done, 2 bad usage, or no runs with --once."""

import signal
import sys
import time
from pathlib import Path

import libraries  # noqa: F401  # first
import live_page
from arguments import Parser, real
from files import write_whole
from live_rows import Watch
from messages import printable, say

STILL = 15   # looks with nothing new and no run under way after which a watch ends, as those of xibench status --watch
STALL = 600  # seconds without a heartbeat after which a run is under way no more: xibench run --stall-minutes ends it by then


def under_way(watch):
    return any(run.state == "running" and time.time() - run.updated < STALL for run in watch.runs.values())


def main():
    parser = Parser(description=__doc__)
    parser.add_argument("places", nargs="+", type=Path, metavar="DIR", help="results directories, searched recursively")
    parser.add_argument("-o", "--out", type=Path, default=Path("live.html"), help="the page (default: %(default)s)")
    parser.add_argument("--every", type=real(0.2, 3600), default=2.0, metavar="SECONDS", help="seconds between two updates (default: %(default)g)")
    parser.add_argument("--once", action="store_true", help="write the page once; it does not reload itself")
    options = parser.parse_args()
    for place in options.places:
        if not place.is_dir():
            say("live", f"{place}: there is no such directory: name the results directory of a sweep (--out of xibench run)")
            return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    watch, title, still = Watch(options.places), " and ".join(place.resolve().name for place in options.places), 0
    try:
        news = watch.look()
        if not watch.runs:
            for problem in watch.problems:
                say("live", problem)
            nothing = f"no run in {', '.join(map(str, options.places))}"
            say("live", f"{nothing}: run the sweep first" if options.once else f"{nothing} yet: waiting for the first")
            if options.once:
                return 2
        while True:
            still = 0 if news or under_way(watch) or not watch.runs else still + 1
            last = options.once or still >= STILL
            write_whole(options.out, live_page.compose(title, watch, None if last else options.every))
            if news and not options.once:
                print(printable(f"{options.out}: " + ", ".join(f"{run.variant} seed {run.seed} {run.step}/{run.length or '?'}" for run in watch.runs.values() if run.state == "running")), file=sys.stderr)
            if last:
                return 0
            time.sleep(options.every)
            news = watch.look()
    except KeyboardInterrupt:
        write_whole(options.out, live_page.compose(title, watch, None))
        return 0
    except OSError as error:
        say("live", f"{options.out} cannot be written ({error.strerror}): choose another -o")
        return 2


if __name__ == "__main__":
    sys.exit(main())
