"""Which runs count: every run file below some folders, without copies and further launches, and whether two of them are the same science."""

import hashlib
import json
import os
import stat
import sys
from pathlib import Path

from kept_runs import is_kept, read_kept
from messages import say
from run_file import RunFileError, np, reason_of
from runs import read_run
from side_by_side import ProcessLost, side_by_side


def files_of(place, problems, endings=(".h5",)):
    """The files below a directory that end so, in order of path, or the file itself. What cannot be looked at goes to `problems`."""
    try:
        if not stat.S_ISDIR(os.stat(place).st_mode):
            return [place]
    except FileNotFoundError:
        problems.append(f"{place}: there is no such file or directory")
        return []
    except OSError as error:
        problems.append(f"{place}: cannot be reached ({reason_of(error)})")
        return []

    def not_listed(error):
        problems.append(f"{error.filename}: the folder cannot be listed ({reason_of(error)}): make it readable, or leave it out")

    return sorted(Path(folder, name) for folder, names in folders_of(place, not_listed) for name in names if name.endswith(endings))


def folders_of(place, not_listed=None):
    """(folder, names of its files) of a search as `xibench gap` does it: each folder once, however many links lead there, and never by a link to what lies
    below `place` anyway."""
    root = os.path.realpath(place)
    entered = {root}

    def enters(path):
        target = os.path.realpath(path)
        if target in entered or os.path.islink(path) and target.startswith(root + os.sep):
            return False
        entered.add(target)
        return True

    for folder, folders, names in os.walk(place, onerror=not_listed, followlinks=True):
        folders[:] = [name for name in sorted(folders) if enters(os.path.join(folder, name))]
        yield folder, names


def find_runs(places, with_kept=False):
    """(runs, problems): every *.h5 in or below the given files and directories, in order of path; `with_kept`: kept files, too (*.json, in directories
    *kept.json)."""
    problems = []
    files = [path for place in map(Path, places) for path in files_of(place, problems, (".h5", "kept.json") if with_kept else (".h5",))]
    crashed = lambda path: ([], f"{path}: damaged: HDF5 crashes when it reads it: take the original, or remove it and run it again")
    try:
        found = side_by_side(lambda path: runs_in(path, with_kept), files, crashed, least=16)
    except ProcessLost as error:
        sys.exit(f"{Path(sys.argv[0]).name.removesuffix('.py')}: {error}")
    return [run for runs, _ in found for run in runs], problems + [problem for _, problem in found if problem]


def runs_in(path, with_kept):
    """(runs, why there are none)."""
    try:
        if is_kept(path) and not with_kept:
            raise RunFileError(f"{path}: no run file, and kept runs have too few steps for this program: give it to xibench gap, analysis/tables.py or analysis/draw.py")
        return (read_kept(path) if is_kept(path) else [read_run(path)]), ""
    except RunFileError as error:
        return [], str(error)


def without_copies(runs):
    """(runs, number of copies): each launch of each run once. A copy of a file, under whatever name, is no second launch."""
    once = {(run.id, run.launch, rows_digest(run)): run for run in reversed(runs)}
    kept = {id(run) for run in once.values()}
    return [run for run in runs if id(run) in kept], len(runs) - len(once)


def one_per_run(runs):
    """(runs, how many were passed over): each run once, whatever the number of its copies and launches. Raises RunFileError where two differ in science."""
    once = {}
    for run in sorted(runs, key=lambda run: is_kept(run.path)):  # `xibench gap`, which gets both, compares what is kept of a run with its file
        first = once.setdefault(run.id, run)
        if first is not run and not is_kept(run.path) and (names := science_difference(first, run)):
            raise RunFileError(f"{first.path} and {run.path} have the same run id and different science ({', '.join(names)}): keep the file that belongs to the other runs")
    return list(once.values()), len(runs) - len(once)


def tell_odd(program, runs):
    for run in runs:
        if run.odd:
            say(program, f"{run.path}: {', '.join(run.odd)} holds bytes that are no UTF-8; they are shown as \\xNN, nothing has to be done")


def usable_runs(program, places, with_kept=False):
    """(runs, problems) of find_runs(), after `program` has said what could not be used and what is odd."""
    runs, problems = find_runs(places, with_kept)
    for problem in problems:
        say(program, problem)
    tell_odd(program, runs)
    return runs, problems


def tell_passed_over(program, count):
    """Says how many files one_per_run() has left out, if any."""
    if count:
        say(program, f"{count} files are copies or further launches of the same runs: each run counts once")


def science(run):
    """Name -> bytes of everything that must be the same bits when the same run is made again."""
    parts = {"config": json.dumps(run.config, sort_keys=True).encode()}
    parts |= {f"problem@{key}": np.float64(value).tobytes() for key, value in run.problem.items()}
    for group, table in (("steps", run.steps), ("evaluations", run.evaluations)):
        parts |= {f"{group}/{key}": np.ascontiguousarray(column).tobytes() for key, column in table.items() if f"{group}/{key}" not in run.not_science}
    return parts


def science_difference(a, b):
    """The names of what differs in the science of two runs; empty when it is the same bits. Columns that only one has do not count."""
    one, other = science(a), science(b)
    return sorted(key for key in one.keys() & other.keys() if one[key] != other[key])


def rows_digest(run):
    """One SHA-256 over science(run). It is not what `xibench show --science-digest` prints: that covers matrices, partition and the final model, too."""
    digest = hashlib.sha256()
    for key, value in sorted(science(run).items()):
        digest.update(f"{key}\0{len(value)}\0".encode() + value)
    return digest.hexdigest()
