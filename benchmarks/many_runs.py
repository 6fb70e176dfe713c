#!/usr/bin/python3
"""Makes COUNT run files of one sweep from one file, with other seeds and scores, and times status and gap of them, and with --report the report.

    benchmarks/many_runs.py build results/quickstart/04128c2191cbc9de.h5 --count 10000 -o /tmp/many

Exit status: 0; 1 where a command failed or did not count all runs; 2 for bad input. Each file is as large as the one that is given; remove FOLDER afterwards.
"""

import csv
import json
import pathlib
import random
import resource
import shutil
import subprocess
import sys
import time

ANALYSIS = pathlib.Path(__file__).resolve().parents[1] / "analysis"
sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(ANALYSIS)]
from arguments import Parser, whole  # noqa: E402
from machine import build_folder  # noqa: E402
from run_file import RunFileError, Stored, checksum, h5py, open_run  # noqa: E402
from runs import read_run  # noqa: E402


def make_another(template, run, seeds, score, path):
    """The file of `template` as that of the planned run, whole by its own checksums."""
    shutil.copyfile(template, path)
    with h5py.File(path, "r+") as file:
        known = dict(reversed(line.split(" ", 1)) for line in file["manifest"][()].decode().splitlines())
        file["config"][()] = json.dumps(run["config"])
        file["config_source"][()] = f"{file['config_source'][()].decode()}\n# --set seeds={seeds}\n"  # as run records an override
        values = {"/@run_id": run["id"], "/@variant": " | ".join(run["variants"]), "/@seed": run["seed"], "/summary@final_test_accuracy": score}
        for entry, value in values.items():
            group, _, name = entry.partition("@")
            file[group].attrs.modify(name, value)
        known |= {entry: checksum(Stored(file["/"].id), entry) for entry in ("/config", "/config_source", *values)}
        file["manifest"][()] = "".join(f"{found} {entry}\n" for entry, found in known.items())


def timed(command):
    """What the command printed, its seconds and those of all processors."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    seconds, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed with exit status {done.returncode}")
    return done.stdout, seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = Parser(prog="many_runs.py", description=__doc__.splitlines()[0])
    parser.add_argument("build", type=build_folder, help="the build directory")
    parser.add_argument("run", type=pathlib.Path, help="a run file of an image set")
    parser.add_argument("--count", type=whole(1, 20_000), default=10_000, help="how many files (default: %(default)s)")
    parser.add_argument("-o", "--out", type=pathlib.Path, required=True, metavar="FOLDER", help="where they are made; must not be there")
    parser.add_argument("--report", action="store_true", help="also make a report, in FOLDER/report")
    arguments = parser.parse_args()
    xibench = arguments.build.program("xibench")
    if arguments.out.exists():
        parser.error(f"{arguments.out} is there: name a new folder")
    try:
        template = read_run(arguments.run)
    except RunFileError as error:
        parser.error(error)
    with open_run(arguments.run) as file:
        if template.metrics[0].name != "accuracy" or "manifest" not in file:
            parser.error(f"{arguments.run} has no accuracy, or no checksums: give a run of an image set that this version wrote")
    results, sweep = arguments.out / template.name, arguments.out / "sweep.toml"
    try:
        results.mkdir(parents=True)
        sweep.write_text(template.source)
    except OSError as error:
        parser.error(f"{arguments.out} cannot be written ({error.strerror}): name another folder")
    planned = lambda seeds: json.loads(timed([xibench, "plan", sweep, "--set", f"seeds={seeds}", "--json"])[0])["runs"]
    arms = len(planned([1]))
    seeds = list(range(1, -(-arguments.count // arms) + 1))
    runs = planned(seeds)[:arguments.count]
    scores = random.Random(1)
    for run in runs:
        make_another(arguments.run, run, seeds, 85 + scores.random(), results / f"{run['id']}.h5")
    status, *status_s = timed([xibench, "status", sweep, "--set", f"seeds={seeds}", "--out", arguments.out, "--json"])
    gap, *gap_s = timed([xibench, "gap", results, "--sweep", sweep, "--set", f"seeds={seeds}", "--format", "json"])
    in_table = {run["id"] for group in json.loads(gap)["groups"] for row in group["rows"] for run in row["runs"]}
    counted, took = {"status": json.loads(status)["counts"]["complete"], "gap": len(in_table)}, {"status": status_s, "gap": gap_s}
    if arguments.report:
        _, *took["report"] = timed([sys.executable, ANALYSIS / "report.py", results, "-o", arguments.out / "report", "--xibench", xibench])
        with open(arguments.out / "report" / "runs.csv", encoding="utf-8") as file:
            counted["report"] = sum(1 for _ in csv.DictReader(file))
    for name, (seconds, processor_s) in took.items():
        print(f"{name}: {len(runs)} files in {seconds:.2f} s, {1e3 * processor_s / len(runs):.2f} ms of a processor each")
    if set(counted.values()) != {len(runs)}:
        sys.exit(f"of {len(runs)} runs these were counted: {', '.join(f'{name} {count}' for name, count in counted.items())}")


if __name__ == "__main__":
    main()
