"""What runs that are under way have done so far: rows of their checkpoints, and their heartbeats. Takes no lock and writes nothing; files are read whole, and
a file that is replaced by rename meanwhile stays whole for who has opened it. Formats: harness/record/README.md."""

import hashlib
import json
import re
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from metrics import Metric
from run_file import not_a_file
from run_sets import find_runs, folders_of

MAGIC, VERSIONS, SUM = b"XIBENCH checkpoint\n", (2, 3), 64  # 2: all rows in the record, no row log
ROWS_MAGIC, ROWS_VERSION = b"XIBENCH rows\n", 1
TYPES = {"float64": "<f8", "int64": "<i8", "int32": "<i4", "int16": "<i2", "uint8": "u1"}
TABLES = {"steps": rb"step int64\nepoch float64\nlr float64\n", "evaluations": rb"step int64\nepoch float64\ntest_accuracy_mean_model float64\n"}  # how their columns begin
NUMBER_OR_NULL = (int, float, type(None))
BEAT = {"run_id": str, "variant": str, "state": str, "error": str, "seed": int, "step": int, "steps": int, "updated_unix": (int, float),
        "loss": NUMBER_OR_NULL, "consensus_distance": NUMBER_OR_NULL, "eta_s": NUMBER_OR_NULL}
DRAWN = ("step", "train_loss", "consensus_distance")  # of /steps: all columns of all runs would take memory for nothing


class Unusable(Exception):
    """A checkpoint that is damaged or of another version."""


def read_sections(file, wanted):
    """The bytes of the sections of an open checkpoint that are wanted and there; the others, which hold models, are passed over. Raises Unusable."""
    start = file.read(len(MAGIC) + 12)
    if len(start) < len(MAGIC) + 12 or not start.startswith(MAGIC):
        raise Unusable("is no checkpoint")
    version, size = struct.unpack("<IQ", start[len(MAGIC):])
    if version not in VERSIONS:
        raise Unusable(f"is of version {version}, this reader knows {VERSIONS}")
    head = file.read(min(size, 1 << 24))
    if hashlib.sha256(start + head).hexdigest().encode() != file.read(SUM):
        raise Unusable("is damaged (head)")
    count, at, offset, places = struct.unpack_from("<Q", head)[0], 8, file.tell(), {}

    def text():
        nonlocal at
        length = struct.unpack_from("<Q", head, at)[0]
        at += 8 + length
        return head[at - length:at]

    for _ in range(count):
        name = text()
        size, at = struct.unpack_from("<Q", head, at)[0], at + 8
        places[name] = offset, size, text()
        offset += size
    found = {}
    for name in wanted & places.keys():
        offset, size, total = places[name]
        file.seek(offset)
        found[name] = file.read(size)
        if hashlib.sha256(found[name]).hexdigest().encode() != total:
            raise Unusable(f"is damaged ({name.decode()})")
    return found


def parts_of(section):
    """(name, bytes, checksum) of the files of rows that a checkpoint counts."""
    count, at, parts = struct.unpack_from("<Q", section)[0], 8, []
    for _ in range(count):
        length = struct.unpack_from("<Q", section, at)[0]
        name = section[at + 8:at + 8 + length].decode()
        size, length_of_sum = struct.unpack_from("<QQ", section, at + 8 + length)
        at += 24 + length + length_of_sum
        parts.append((name, size, section[at - length_of_sum:at]))
    return parts


def log_tables(folder, parts):
    """The tables of all blocks of a row log, in order; the columns per node and rank are passed over. Raises Unusable."""
    for name, length, last in parts:
        total = b""
        if not_a_file(folder / name):
            raise Unusable("needs rows that are no file")
        with open(folder / name, "rb") as file:
            if file.read(len(ROWS_MAGIC) + 4) != ROWS_MAGIC + struct.pack("<I", ROWS_VERSION):
                raise Unusable("needs rows that this reader does not know")
            while file.tell() < length:
                head = file.read(16 + 2 * SUM)
                size, wide = struct.unpack_from("<QQ", head)
                rows = file.read(min(size, length))
                if hashlib.sha256(total + head[:-SUM] + rows).hexdigest().encode() != head[-SUM:]:
                    raise Unusable("needs rows that are damaged")
                total = head[-SUM:]
                file.seek(wide, 1)
                yield rows
        if total != last:
            raise Unusable("needs rows of another run")


def table(rows, begins):
    """The table whose columns begin so: name -> array, and "end": where it ends. Raises Unusable where the bytes are not one."""
    found = re.search(begins + rb"(?:[a-z0-9_]+ [a-z0-9]+\n)*", rows)
    names = found.group().decode().split("\n")[:-1] if found else []
    if not names or struct.unpack_from("<Q", rows, found.start() - 8)[0] != len(found.group()):
        raise Unusable("holds rows that this reader does not know")
    at, out = found.end(), {}
    length = struct.unpack_from("<Q", rows, at)[0]
    at += 8
    for line in names:
        name, kind = line.split(" ")
        if kind not in TYPES or struct.unpack_from("<Q", rows, at)[0] != length:
            raise Unusable("holds rows that this reader does not know")
        out[name] = np.frombuffer(rows, TYPES[kind], length, at + 8)
        at += 8 + out[name].nbytes
    return out | {"end": at}


class Cursor:
    """Reads numbers and texts, one after another."""

    def __init__(self, rows, at):
        self.rows, self.at = rows, at

    def count(self):
        self.at += 8
        return struct.unpack_from("<Q", self.rows, self.at - 8)[0]

    def texts(self):
        found = []
        for _ in range(self.count()):
            size = self.count()
            found.append(self.rows[self.at:self.at + size].decode())
            self.at += size
        return found

    def numbers(self):
        size = self.count()
        self.at += 8 * size
        return np.frombuffer(self.rows, "<f8", size, self.at - 8 * size)


def own_of(cursor, evaluations):
    """The columns of /evaluations that are the run's own: per evaluation come the nodes' values, and pairs of name and value."""
    own = {}
    for k in range(evaluations):
        cursor.numbers()
        for name, value in zip(cursor.texts(), cursor.numbers()):
            own.setdefault(name, np.full(evaluations, np.nan))[k] = value
    return own


def metrics_of(rows, evaluations):
    """What the run is measured by, and the run's own columns of /evaluations, which come after this table."""
    names = b"name UTF-8\nunit UTF-8\nbetter UTF-8\ndescription UTF-8\n"
    at = rows.find(struct.pack("<Q", len(names)) + names)
    if at < 0:
        raise Unusable("holds rows that this reader does not know")
    cursor = Cursor(rows, at + 8 + len(names))
    cursor.count()
    listed = [Metric(*values) for values in zip(cursor.texts(), cursor.texts(), cursor.texts(), cursor.texts())]
    return listed, own_of(cursor, evaluations)


def joined(tables):
    """Tables one below the other; NaN where one lacks a column."""
    names = dict.fromkeys(name for columns, _ in tables for name in columns)
    return {name: np.concatenate([columns.get(name, np.full(length, np.nan)) for columns, length in tables]) for name in names}


def read_checkpoint(path):
    """The rows so far, as {"steps": columns, "evaluations": columns, "metrics": list}: of `path`, of `path`.previous where that is damaged or just being replaced, {} without any."""
    for candidate in (path, path.with_name(path.name + ".previous")):
        if not_a_file(candidate):
            continue
        try:
            with open(candidate, "rb") as file:
                sections = read_sections(file, {b"record", b"rows"})
            if b"record" not in sections:
                raise Unusable("has no rows")
            steps, evaluations = [], []

            def add(rows, own=None):
                found, scored = (table(rows, begins) for begins in TABLES.values())
                length = len(scored["step"])
                if own is None:  # a block of the log ends with them
                    own = own_of(Cursor(rows, scored.pop("end")), length)
                scored.pop("end", None)
                steps.append(({name: found[name] for name in DRAWN}, len(found["step"])))
                evaluations.append((scored | own, length))

            for rows in log_tables(candidate.parent, parts_of(sections[b"rows"]) if b"rows" in sections else []):
                add(rows)
            listed, own = metrics_of(sections[b"record"], len(table(sections[b"record"], TABLES["evaluations"])["step"]))
            add(sections[b"record"], own)
            return {"steps": joined(steps), "evaluations": joined(evaluations), "metrics": listed}
        except (OSError, Unusable, struct.error, ValueError):
            continue
    return {}


def read_heartbeat(path):
    """The heartbeat as a dict; None where it is none, or was just removed."""
    try:
        beat = None if not_a_file(path) else json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    whole = isinstance(beat, dict) and beat.get("schema") == "xibench-heartbeat" and all(isinstance(beat.get(key), kind) for key, kind in BEAT.items())
    return beat if whole else None


@dataclass
class Progress:
    """One run: what it says of itself, and what it has done."""
    id: str
    variant: str = ""
    seed: int = 0
    state: str = "running"   # or interrupted, failed, complete
    detail: str = ""
    step: int = 0
    length: int = 0          # steps of the whole run; 0: not known yet
    eta_s: float | None = None
    updated: float = 0.0     # seconds since 1970; 0: complete
    steps: dict = field(default_factory=dict)
    evaluations: dict = field(default_factory=dict)
    metrics: list = field(default_factory=list)  # of metrics.Metric; empty: not known yet
    beats: list = field(default_factory=list)  # (step, loss, distance) heard after the last row

    def line(self, column):
        """(x, y) of a column of /steps, from rows and, beyond the last, heartbeats."""
        x, y = self.steps.get("step", np.empty(0)), self.steps.get(column, np.empty(0))
        place = {"train_loss": 1, "consensus_distance": 2}.get(column)
        later = [(beat[0], beat[place]) for beat in self.beats if beat[place] is not None and beat[0] > (x[-1] if len(x) else -1)] if place else []
        return np.concatenate([x, [a for a, _ in later]]).astype(float), np.concatenate([y, [b for _, b in later]]).astype(float)


class Watch:
    """Looks at folders again and again; a file that has not changed is not read again."""

    def __init__(self, places):
        self.places, self.runs, self.seen, self.problems = [Path(place) for place in places], {}, {}, []

    def changed(self, path):
        try:
            status = path.stat()
        except OSError:
            return False
        key = (status.st_ino, status.st_size, status.st_mtime_ns)
        new = self.seen.get(path) != key
        self.seen[path] = key
        return new

    def look(self):
        """The runs, as Progress by id, in order of variant and seed; True where something has changed since the last look."""
        news = False
        for path in sorted({Path(folder, name) for place in self.places for folder, names in folders_of(place) for name in names if name.endswith((".json", ".checkpoint", ".h5"))}):
            if self.changed(path):
                news = {".json": self.beat, ".checkpoint": self.rows, ".h5": self.result}[path.suffix](path) or news
        self.runs = dict(sorted(self.runs.items(), key=lambda item: (item[1].variant, item[1].seed, item[0])))
        return news

    def of(self, run_id):
        return self.runs.setdefault(run_id, Progress(run_id))

    def beat(self, path):
        found = read_heartbeat(path)
        if found is None or self.runs.get(found["run_id"], Progress("")).state == "complete":
            return False
        run = self.of(found["run_id"])
        run.variant, run.seed, run.state, run.detail = found["variant"], found["seed"], found["state"], found["error"]
        run.step, run.length, run.eta_s, run.updated = found["step"], found["steps"], found.get("eta_s"), found["updated_unix"]
        if run.beats and run.step < run.beats[-1][0]:
            run.beats = []  # the run has gone back to a checkpoint
        if run.step > 0 and (not run.beats or run.beats[-1][0] < run.step):
            run.beats.append((run.step - 1, found.get("loss"), found.get("consensus_distance")))
        return True

    def rows(self, path):
        found, run = read_checkpoint(path), self.of(path.stem)
        if not found or run.state == "complete":
            return False
        run.steps, run.evaluations = {key: found["steps"][key].copy() for key in DRAWN}, {key: values.copy() for key, values in found["evaluations"].items()}
        run.metrics = found["metrics"]
        last = run.steps["step"][-1] if len(run.steps["step"]) else -1
        run.beats = [beat for beat in run.beats if beat[0] > last]
        run.step = max(run.step, int(last) + 1)
        return True

    def result(self, path):
        found, problems = find_runs([path])
        self.problems += [problem for problem in problems if problem not in self.problems]
        if not found:
            return True
        (whole,) = found
        run = self.of(whole.id)
        run.variant, run.seed, run.state, run.detail = " | ".join(whole.variants), whole.seed, "complete", "diverged" if whole.outcome == "diverged" else ""
        run.steps, run.evaluations, run.beats, run.eta_s, run.updated = {key: whole.steps[key] for key in DRAWN}, whole.evaluations, [], None, 0.0
        run.metrics = whole.metrics
        run.step = run.length = len(whole.steps["step"])
        return True
