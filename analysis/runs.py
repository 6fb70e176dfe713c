"""Run files as plain objects. The format: harness/record/README.md."""

import hashlib
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

try:
    import h5py
    import numpy as np
except ImportError as error:
    sys.exit(f"analysis needs numpy, h5py, scipy and matplotlib ({error}): apt-get install python3-numpy python3-h5py python3-scipy "
             "python3-matplotlib, and start it with /usr/bin/python3")

SCHEMA, VERSION = "xibench-run", 1
WARMUP, EVALUATION, CHECKPOINT = 1, 2, 4  # bits of /steps/flags
TIME_PARTS = ("data_s", "compute_s", "update_s", "mix_s", "gauge_s", "record_s", "wait_s")
# Columns that say when and where, not what: the same science may have others.
NOT_SCIENCE = {*TIME_PARTS, "wall_s", "t_ns", "attempt", "flags", "wire_bytes", "train_seconds"}


class RunFileError(Exception):
    """A file that is no complete run: the message names it, what is wrong and what to do."""


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
    provenance: dict
    steps: dict = field(repr=False)
    evaluations: dict = field(repr=False)
    phases: list = field(repr=False)  # one dict per phase


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


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


def columns(group):
    return {key: node[()] for key, node in group.items() if isinstance(node, h5py.Dataset)}


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


def read_run(path):
    """The run in `path`. Raises RunFileError for anything but a complete run file of a version that this reader knows."""
    path = Path(path)
    try:
        with h5py.File(path, "r") as file:
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
                       source=text(file["config_source"][()]), problem=problem_constants(file), summary=attributes(file["summary"]),
                       provenance=provenance_of(file["provenance"]), steps=columns(file["steps"]),
                       evaluations=columns(file["evaluations"]), phases=phase_rows(file["phases"]))
    except (OSError, RuntimeError, ValueError) as error:  # h5py has no one kind for damage
        raise RunFileError(f"{path}: no readable HDF5 file ({(str(error) or type(error).__name__).splitlines()[0]}): remove it and run it again") from error
    except KeyError as error:
        raise RunFileError(f"{path}: incomplete run file, {error.args[0]}: remove it and run it again") from error


def find_runs(places):
    """(runs, problems): every *.h5 in or below the given files and directories, in order of path."""
    runs, problems = [], []
    for place in map(Path, places):
        if not place.exists():
            problems.append(f"{place}: there is no such file or directory")
        for path in sorted(place.rglob("*.h5")) if place.is_dir() else [place] if place.exists() else []:
            if path.is_dir():
                continue
            if not path.is_file():  # opening a pipe waits for somebody to write
                problems.append(f"{path}: not a regular file: leave it out")
                continue
            try:
                runs.append(read_run(path))
            except RunFileError as error:
                problems.append(str(error))
    return runs, problems


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
        parts |= {f"{group}/{key}": np.ascontiguousarray(column).tobytes() for key, column in table.items() if key not in NOT_SCIENCE}
    return parts


def science_difference(a, b):
    """The names of what differs in the science of two runs; empty when it is the same bits. Columns that only one has do not count."""
    one, other = science(a), science(b)
    return sorted(key for key in one.keys() & other.keys() if one[key] != other[key])


def science_digest(run):
    digest = hashlib.sha256()
    for key, value in sorted(science(run).items()):
        digest.update(f"{key}\0{len(value)}\0".encode() + value)
    return digest.hexdigest()
