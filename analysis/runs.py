"""Run files as plain objects. The format: harness/record/README.md."""

import hashlib
import json
import os
import stat
import sys
from dataclasses import dataclass, field
from pathlib import Path

import metrics
from messages import decoded as text, say

os.environ["HDF5_USE_FILE_LOCKING"] = "FALSE"  # before h5py starts HDF5: it goes before what h5py is told
try:
    import h5py
    import numpy as np
except ImportError as error:
    sys.exit(f"analysis needs numpy, h5py, scipy and matplotlib ({error}): apt-get install python3-numpy python3-h5py python3-scipy "
             "python3-matplotlib, and start it with /usr/bin/python3")

SCHEMA, VERSION = "xibench-run", 1
WARMUP, EVALUATION, CHECKPOINT = 1, 2, 4  # bits of /steps/flags
# What a file says of its columns by their attributes `science` and `part_of`, for files from before there were these.
EARLIER_PARTS = ("data_s", "compute_s", "update_s", "mix_s", "gauge_s", "record_s", "wait_s")
EARLIER_NOT_SCIENCE = {*EARLIER_PARTS, "wall_s", "t_ns", "attempt", "flags", "wire_bytes", "train_seconds"}


class RunFileError(Exception):
    """A file that cannot be read, is damaged, or is no complete run: the message names it, which of these it is, and what to do."""


@dataclass
class Run:
    path: Path
    id: str
    name: str
    seed: int
    variants: list
    outcome: str
    config: dict
    source: str  # the sweep file's text
    problem: dict  # the constants of a constructed problem; empty when none is known
    summary: dict
    metrics: list  # of metrics.Metric; the first is what gaps are about
    provenance: dict
    launch: str  # the same in every copy of this file, and in no other launch of the run
    odd: list    # texts that hold bytes that are no UTF-8: read, and shown as \xNN
    not_science: set  # columns, as steps/wall_s, that say when and where: the same science may have others
    parts: list       # columns of steps that add up to wall_s
    steps: dict = field(repr=False)
    evaluations: dict = field(repr=False)
    phases: list = field(repr=False)  # one dict per phase


def attributes(node):
    plain = {}
    for key, value in node.attrs.items():
        if isinstance(value, (bytes, str)):
            plain[key] = text(value)
        elif np.ndim(value) == 0 and hasattr(value, "item"):
            plain[key] = value.item()
    return plain


def texts(group):
    """Attributes, and the longer texts, which are datasets."""
    long = {key: text(node[()]) for key, node in group.items() if isinstance(node, h5py.Dataset) and node.shape == ()}
    return attributes(group) | long


def provenance_of(group):
    """The facts as texts. In files written before `rank_facts` existed, `ranks` holds those, one line per rank, instead of the number."""
    facts = texts(group)
    if "\n" in facts.get("ranks", ""):
        facts |= {"rank_facts": facts["ranks"], "ranks": str(facts["ranks"].count("\n"))}
    return facts


def problem_constants(file):
    """The numbers of /problem, which also has attributes for viewers."""
    found = attributes(file["problem"]) if "problem" in file else {}
    return {key: value for key, value in found.items() if isinstance(value, float)}


def summary_of(file, outcome):
    """/summary. A run that diverged has no final scores; files of earlier versions state that of its last evaluation."""
    found = attributes(file["summary"])
    return found | {key: float("nan") for key in found if key.startswith("final_") and outcome == "diverged"}


def metrics_of(file):
    """What the run is measured by."""
    if "metrics" not in file:
        return metrics.unlisted(len(file["partition/class"]) if "partition/class" in file else 1)
    listed = {key: [text(value) for value in file[f"metrics/{key}"][()]] for key in ("name", "unit", "better", "description")}
    return [metrics.Metric(*values) for values in zip(*listed.values())]


def columns(group):
    return {key: node[()] for key, node in group.items() if isinstance(node, h5py.Dataset)}


def not_science(group):
    """The columns that are no function of the configuration."""
    known = {key: node.attrs.get("science", key not in EARLIER_NOT_SCIENCE) for key, node in group.items() if isinstance(node, h5py.Dataset)}
    return {f"{group.name[1:]}/{key}" for key, science in known.items() if not science}


def parts_of_wall(steps):
    """The columns of seconds that add up to wall_s, in the order in which they lie in the file's table."""
    parts = [key for key, node in steps.items() if text(node.attrs.get("part_of", "")) == "wall_s"]
    return sorted(parts, key=lambda key: (EARLIER_PARTS.index(key) if key in EARLIER_PARTS else len(EARLIER_PARTS), key)) or [key for key in EARLIER_PARTS if key in steps]


def phase_rows(table):
    phases = table[()] if isinstance(table, h5py.Dataset) else columns(table)
    names = phases.dtype.names if isinstance(phases, np.ndarray) else tuple(phases)
    count = max((np.size(phases[name]) for name in names if np.ndim(phases[name]) == 1), default=0)
    plain = lambda value: text(value) if isinstance(value, (bytes, str)) else value.item()
    return [{name: plain(phases[name][k]) for name in names if np.size(phases[name]) == count} for k in range(count)]


def stored_bytes(file, entry):
    """The bytes of a value, `path` or `path@name`, as its checksum is made: numbers as they are stored, texts followed by a NUL."""
    path, _, name = entry.partition("@")
    value = file[path].attrs[name] if name else file[path][()]
    if isinstance(value, (bytes, str)) or value.dtype.kind == "O":
        texts_of = [value] if isinstance(value, (bytes, str)) else value.ravel()
        return b"".join((t if isinstance(t, bytes) else t.encode("utf-8", "surrogateescape")) + b"\0" for t in texts_of)
    return np.ascontiguousarray(value).tobytes()


def changed_since_written(file):
    """The first value that is not what /manifest says was written; None when all are, or when there is no manifest."""
    for line in text(file["manifest"][()]).splitlines() if "manifest" in file else []:
        checksum, _, entry = line.partition(" ")
        try:
            if hashlib.sha256(stored_bytes(file, entry)).hexdigest()[:16] != checksum:
                return entry
        except (KeyError, OSError, RuntimeError, TypeError, ValueError):  # gone, replaced, or fails HDF5's own checksum
            return entry or "/manifest"
    return None


def odd_texts(group):
    """Which texts of a group hold bytes that are no UTF-8, as the environment of earlier versions of the program may."""
    values = dict(group.attrs.items()) | {key: node[()] for key, node in group.items() if isinstance(node, h5py.Dataset) and node.shape == ()}
    raw = {key: value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape") for key, value in values.items() if isinstance(value, (bytes, str))}
    return sorted(f"{group.name}/{key}" for key, value in raw.items() if value.decode("utf-8", "replace").encode() != value)


def launch_of(file):
    """What a launch leaves in no other: when and where its attempts ran, its processes, and how long each step took."""
    facts = provenance_of(file["provenance"])
    parts = [facts.get(key, "") for key in ("start", "end", "host", "rank_facts")]
    if "attempts" in file["provenance"]:
        parts += [str([text(value) for value in node[()]]) for _, node in sorted(file["provenance/attempts"].items()) if node.dtype.kind == "O"]
    return hashlib.sha256("\0".join(parts).encode() + file["steps"]["wall_s"][()].tobytes()).hexdigest()


def open_run(path):
    """The file, read without a lock: a result never changes once it has its name."""
    try:
        return h5py.File(path, "r", locking=False)
    except (TypeError, ValueError):  # h5py or HDF5 from before there was that option: the environment says it
        return h5py.File(path, "r")


def reason_of(error):
    return error.strerror or str(error)


def not_a_file(path):
    """Why `path` is no regular file, "" where it is one. Opening a pipe would wait for somebody to write."""
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        dangling = isinstance(error, FileNotFoundError) and path.is_symlink()
        return f"is a link to {os.readlink(path)}, which is not there" if dangling else f"cannot be reached ({reason_of(error)})"
    return "" if stat.S_ISREG(mode) else "is not a regular file"


def unreadable(path):
    """Why the bytes of `path` cannot be read from the first to the last (rights, a disk or file server that does not answer); "" where they can."""
    try:
        with open(path, "rb") as file:
            while file.read(1 << 20):
                pass
    except OSError as error:
        return reason_of(error)
    return ""


def read_run(path):
    """The run in `path`. Raises RunFileError for anything but a complete run file of a version that this reader knows."""
    path = Path(path)
    if problem := not_a_file(path):
        raise RunFileError(f"{path}: {problem}: leave it out")
    try:
        with open_run(path) as file:
            root = attributes(file)
            if root.get("schema") != SCHEMA:
                raise RunFileError(f"{path}: schema is {root.get('schema')!r}, not {SCHEMA!r} (no run file of xibench): leave it out")
            if int(root.get("schema_version", 0)) > VERSION:
                raise RunFileError(f"{path}: schema version {root['schema_version']} is newer than {VERSION}: use the analysis of that version")
            if root.get("status") != "complete":
                raise RunFileError(f"{path}: status is {root.get('status')!r}, not 'complete': run it to its end with xibench run")
            if changed := changed_since_written(file):
                raise RunFileError(f"{path}: {changed} is not what was written (/manifest): take the original, or remove the file and run again")
            return Run(path=path, id=root["run_id"], name=root["name"], seed=int(root["seed"]), outcome=root["outcome"],
                       variants=root["variant"].split(" | "), config=json.loads(text(file["config"][()])),
                       source=text(file["config_source"][()]), problem=problem_constants(file), summary=summary_of(file, root["outcome"]), metrics=metrics_of(file),
                       provenance=provenance_of(file["provenance"]), launch=launch_of(file), odd=odd_texts(file["provenance"]),
                       not_science=not_science(file["steps"]) | not_science(file["evaluations"]), parts=parts_of_wall(file["steps"]), steps=columns(file["steps"]),
                       evaluations=columns(file["evaluations"]), phases=phase_rows(file["phases"]))
    except (OSError, RuntimeError, ValueError) as error:  # h5py has no one kind for damage
        if reason := unreadable(path):
            raise RunFileError(f"{path}: cannot be read ({reason}): make it readable, or leave it out") from error
        if isinstance(error, BlockingIOError):
            raise RunFileError(f"{path}: another program has locked it, and HDF5_USE_FILE_LOCKING asks for locks: unset that") from error
        raise RunFileError(f"{path}: damaged, no readable HDF5 file ({(str(error) or type(error).__name__).splitlines()[0]}): take the original, or remove it "
                           "and run it again") from error
    except KeyError as error:
        raise RunFileError(f"{path}: damaged, incomplete run file ({error.args[0]}): take the original, or remove it and run it again") from error


def files_of(place, problems):
    """The *.h5 below a directory, in order of path, or the file itself. What cannot be looked at goes to `problems`."""
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

    return sorted(Path(folder, name) for folder, _, names in os.walk(place, onerror=not_listed) for name in names if name.endswith(".h5"))


def find_runs(places):
    """(runs, problems): every *.h5 in or below the given files and directories, in order of path."""
    runs, problems = [], []
    for place in map(Path, places):
        for path in files_of(place, problems):
            try:
                runs.append(read_run(path))
            except RunFileError as error:
                problems.append(str(error))
    return runs, problems


def without_copies(runs):
    """(runs, number of copies): each launch of each run once. A copy of a file, under whatever name, is no second launch."""
    once = {(run.id, run.launch, rows_digest(run)): run for run in reversed(runs)}
    return [run for run in runs if any(run is kept for kept in once.values())], len(runs) - len(once)


def one_per_run(runs):
    """(runs, how many were passed over): each run once, whatever the number of its copies and launches. Raises RunFileError where two differ in science."""
    once = {}
    for run in runs:
        first = once.setdefault(run.id, run)
        if first is not run and (names := science_difference(first, run)):
            raise RunFileError(f"{first.path} and {run.path} have the same run id and different science ({', '.join(names)}): keep the file that belongs to the other runs")
    return list(once.values()), len(runs) - len(once)


def tell_odd(program, runs):
    for run in runs:
        if run.odd:
            say(program, f"{run.path}: {', '.join(run.odd)} holds bytes that are no UTF-8; they are shown as \\xNN, nothing has to be done")


def usable_runs(program, places):
    """(runs, problems) of find_runs(), after `program` has said what could not be used and what is odd."""
    runs, problems = find_runs(places)
    for problem in problems:
        say(program, problem)
    tell_odd(program, runs)
    return runs, problems


def tell_passed_over(program, count):
    """Says how many files one_per_run() has left out, if any."""
    if count:
        say(program, f"{count} files are copies or further launches of the same runs: each run counts once")


def timed_steps(run):
    """Mask of the steps that time is judged by: after warm-up, without evaluation or checkpoint. Stragglers stay: they are the machine."""
    mask = (run.steps["flags"] & (WARMUP | EVALUATION | CHECKPOINT)) == 0
    return mask & (run.steps["wall_s"] > 0)


def throughput(run):
    """Median samples per second over the timed steps; NaN when there is none."""
    mask = timed_steps(run)
    return float(np.median(run.steps["samples"][mask] / run.steps["wall_s"][mask])) if mask.any() else float("nan")


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
