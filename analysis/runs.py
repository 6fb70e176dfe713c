"""Run files as plain objects. The format: harness/record/README.md."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from run_file import RunFileError, Stored, changed_since_written, not_a_file, np, open_run, unreadable  # first: it sets what HDF5 reads when h5py is imported
import metrics
from messages import decoded as text

SCHEMA, VERSION = "xibench-run", 1
WARMUP, EVALUATION, CHECKPOINT = 1, 2, 4  # bits of /steps/flags
# What a file says of its columns by their attributes `science` and `part_of`, for files from before there were these.
EARLIER_PARTS = ("data_s", "compute_s", "update_s", "mix_s", "gauge_s", "record_s", "wait_s")
EARLIER_NOT_SCIENCE = {*EARLIER_PARTS, "wall_s", "t_ns", "attempt", "flags", "wire_bytes", "train_seconds"}
# Columns that every file has, and that are read without asking.
NEEDED = [f"steps/{name}" for name in ("step", "epoch", "lr", "flags", "train_loss", "consensus_distance", "gossip_rounds", "samples", "bytes_sent", "wall_s")] + [
    "evaluations/step", "evaluations/epoch"]


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
    for key, value in node.attributes().items():
        if isinstance(value, bytes):
            plain[key] = text(value)
        elif np.ndim(value) == 0 and hasattr(value, "item"):
            plain[key] = value.item()
    return plain


def texts(group):
    """Attributes, and the longer texts, which are datasets."""
    return attributes(group) | {key: text(value) for key, value in long_texts(group).items()}


def long_texts(group):
    return {key: node.value() for key, node in group.datasets().items() if node.id.shape == ()}


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
        return metrics.unlisted(len(file["partition/class"].value()) if "partition/class" in file else 1)
    listed = {key: [text(value) for value in file[f"metrics/{key}"].value()] for key in ("name", "unit", "better", "description")}
    return [metrics.Metric(*values) for values in zip(*listed.values())]


def columns(group):
    return {key: node.value() for key, node in group.datasets().items()}


def said_of(node, name, otherwise):
    """An attribute of a column, which earlier versions did not write."""
    try:
        return node.attribute(name)
    except KeyError:
        return otherwise


def not_science(file, name):
    """The columns of a group that are no function of the configuration."""
    return {f"{name}/{key}" for key, node in file[name].datasets().items() if not said_of(node, "science", key not in EARLIER_NOT_SCIENCE)}


def parts_of_wall(steps):
    """The columns of seconds that add up to wall_s, in the order in which they lie in the file's table."""
    parts = [key for key, node in steps.datasets().items() if text(said_of(node, "part_of", b"")) == "wall_s"]
    return sorted(parts, key=lambda key: (EARLIER_PARTS.index(key) if key in EARLIER_PARTS else len(EARLIER_PARTS), key)) or [key for key in EARLIER_PARTS if key in steps]


def phase_rows(table):
    phases = table.value() if table.is_dataset() else columns(table)
    names = phases.dtype.names if isinstance(phases, np.ndarray) else tuple(phases)
    count = max((np.size(phases[name]) for name in names if np.ndim(phases[name]) == 1), default=0)
    plain = lambda value: text(value) if isinstance(value, (bytes, str)) else value.item()
    return [{name: plain(phases[name][k]) for name in names if np.size(phases[name]) == count} for k in range(count)]


def odd_texts(group):
    """Which texts of a group hold bytes that are no UTF-8, as the environment of earlier versions of the program may."""
    values = group.attributes() | long_texts(group)
    return sorted(key for key, value in values.items() if isinstance(value, bytes) and value.decode("utf-8", "replace").encode() != value)


def launch_of(file):
    """What a launch leaves in no other: when and where its attempts ran, its processes, and how long each step took."""
    facts = provenance_of(file["provenance"])
    parts = [facts.get(key, "") for key in ("start", "end", "host", "rank_facts")]
    if "attempts" in file["provenance"]:
        parts += [str([text(value) for value in column]) for _, column in sorted(columns(file["provenance/attempts"]).items()) if column.dtype.kind == "O"]
    return hashlib.sha256("\0".join(parts).encode() + file["steps/wall_s"].value().tobytes()).hexdigest()


def read_run(path):
    """The run in `path`. Raises RunFileError for anything but a complete run file of a version that this reader knows."""
    path = Path(path)
    if problem := not_a_file(path):
        raise RunFileError(f"{path}: {problem}: leave it out")
    try:
        with open_run(path) as opened:
            file = Stored(opened["/"].id)
            root = attributes(file)
            if root.get("schema") != SCHEMA:
                raise RunFileError(f"{path}: schema is {root.get('schema')!r}, not {SCHEMA!r} (no run file of xibench): leave it out")
            if int(root.get("schema_version", 0)) > VERSION:
                raise RunFileError(f"{path}: schema version {root['schema_version']} is newer than {VERSION}: use the analysis of that version")
            if root.get("status") != "complete":
                raise RunFileError(f"{path}: status is {root.get('status')!r}, not 'complete': run it to its end with xibench run")
            if changed := changed_since_written(file):
                raise RunFileError(f"{path}: {changed} is not what was written (/manifest): take the original, or remove the file and run again")
            if lacking := next((column for column in NEEDED if column not in file), None):
                raise KeyError(f"{lacking} is missing")
            return Run(path=path, id=root["run_id"], name=root["name"], seed=int(root["seed"]), outcome=root["outcome"],
                       variants=root["variant"].split(" | "), config=json.loads(text(file["config"].value())),
                       source=text(file["config_source"].value()), problem=problem_constants(file), summary=summary_of(file, root["outcome"]), metrics=metrics_of(file),
                       provenance=provenance_of(file["provenance"]), launch=launch_of(file), odd=[f"/provenance/{key}" for key in odd_texts(file["provenance"])],
                       not_science=not_science(file, "steps") | not_science(file, "evaluations"), parts=parts_of_wall(file["steps"]), steps=columns(file["steps"]),
                       evaluations=columns(file["evaluations"]), phases=phase_rows(file["phases"]))
    except (MemoryError, OSError, RuntimeError, ValueError) as error:  # h5py has no one kind for damage
        if reason := unreadable(path):
            raise RunFileError(f"{path}: cannot be read ({reason}): make it readable, or leave it out") from error
        if isinstance(error, BlockingIOError):
            raise RunFileError(f"{path}: another program has locked it, and HDF5_USE_FILE_LOCKING asks for locks: unset that") from error
        raise RunFileError(f"{path}: damaged, no readable HDF5 file ({(str(error) or type(error).__name__).splitlines()[0]}): take the original, or remove it "
                           "and run it again") from error
    except (AttributeError, LookupError, OverflowError, TypeError) as error:
        raise RunFileError(f"{path}: damaged, incomplete run file ({error.args[0]}): take the original, or remove it and run it again") from error


def timed_steps(run):
    """Mask of the steps that time is judged by: after warm-up, without evaluation or checkpoint. Stragglers stay: they are the machine."""
    mask = (run.steps["flags"] & (WARMUP | EVALUATION | CHECKPOINT)) == 0
    return mask & (run.steps["wall_s"] > 0)


def throughput(run):
    """Median samples per second over the timed steps; NaN when there is none."""
    mask = timed_steps(run)
    return float(np.median(run.steps["samples"][mask] / run.steps["wall_s"][mask])) if mask.any() else float("nan")
