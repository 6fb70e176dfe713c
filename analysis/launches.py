"""Launches of programs as numbers that can be compared: run files, JSON of `xibench bench`, of `end_to_end`, and of Google Benchmark.

A launch is one process. What it measured several times (steps, repetitions, seeds) becomes one median, because the parts of a process are no
independent launches. A cell is what may be compared: one configuration on one kind of machine."""

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import numpy as np

from messages import printable
from rank_tests import Sample
from run_file import RunFileError, not_a_file
from run_sets import find_runs, folders_of, without_copies
from runs import throughput

MACHINE = ("cpu", "gpu", "device", "ranks", "threads")  # what must be equal for times to be comparable
MANIFEST = "launches.json"
UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}


@dataclass
class Launch:
    cell: tuple
    label: str     # of the cell, for a person
    seconds: float  # per unit of work
    start: float   # seconds since 1970; NaN where nobody wrote it down
    identity: str  # equal in copies only


def seconds_of(text):
    """An ISO date as seconds since 1970, NaN where it is none."""
    try:
        moment = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return float("nan")
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()


def cell_of_run(run):
    config = {key: value for key, value in run.config.items() if key != "seed"}
    if isinstance(config.get("control"), dict):  # a reference run of another seed has another id
        config["control"] = {key: value for key, value in config["control"].items() if key != "reference_id"}
    return "run", json.dumps(config, sort_keys=True), tuple(str(run.provenance.get(key, "")) for key in MACHINE)


def where(facts):
    """The machine's facts for a label, without those that are long or empty."""
    return ", ".join(f"{key} {facts[key]}" for key in MACHINE[2:] if facts.get(key) not in (None, ""))


def label_of_run(run):
    nodes, place = run.config.get("train", {}).get("nodes"), where(run.provenance)
    return f"{' | '.join(v or run.name for v in run.variants)}{f', n = {nodes}' if nodes else ''}{f' ({place})' if place else ''}"


def launch_of_run(run):
    return Launch(cell_of_run(run), label_of_run(run), 1 / throughput(run), seconds_of(run.provenance.get("start", "")), f"{run.id} {run.launch}")


def from_bench(data):
    if int(data.get("schema_version", 1)) > 1:
        raise ValueError(f"schema version {data['schema_version']} is newer than 1: use the analysis of that version")
    machine = data["machine"]
    for row in data["measurements"]:
        facts = {"ranks": row["ranks"], "threads": row["threads"], "device": row.get("device", data.get("device", ""))}
        config = [data["name"], row["variants"], row["varies"], row["phases"], row["topology"], row["policy"], row["nodes"], row["dim"], row["samples_per_step"]]
        phases = f", phases {' '.join(map(str, row['phases']))}" if row["phase_steps"] < row["run_steps"] else ""
        yield (("bench", json.dumps(config, sort_keys=True), str(machine.get("cpu", "")), str(machine.get("gpu", "")), json.dumps(facts, sort_keys=True)),
               f"{row['label']}{phases} ({where(facts)})", row["seconds_per_step"]["median"], data.get("start", ""))


def from_end_to_end(data):
    facts = {key: data[key] for key in ("model", "parameters", "nodes", "ranks", "threads", "cpu")}
    facts["batch"] = data.get("batch", 32)  # programs before this field had no other
    for arm in ("ceiling", "dsgd", "controlled") if "controlled_images_per_s" in data else ("ceiling", "dsgd"):  # --no-control
        yield (("end to end", arm, json.dumps(facts, sort_keys=True)), f"end to end, {arm}: {facts['model']}, n = {facts['nodes']} ({where(facts)})",
               1 / data[f"{arm}_images_per_s"], data.get("start", ""))


def from_google_benchmark(data):
    context, rows = data["context"], data["benchmarks"]
    machine = [str(context.get(key, "")) for key in ("host_name", "num_cpus")]
    single = [row for row in rows if row.get("run_type", "iteration") == "iteration"]
    for row in single or [row for row in rows if row.get("aggregate_name") == "median"]:
        name = row.get("run_name", row["name"])
        if row.get("error_occurred"):
            raise ValueError(f"{name} ended with an error ({row.get('error_message', '')}): mend it, or leave it out with --benchmark_filter")
        if row.get("wrong", 0) > 0:
            raise ValueError(f"{name} computed {row['wrong']:.0f} wrong answers, and the time next to them means nothing: mend it")
        yield ("google benchmark", name, *machine), name, row["real_time"] * UNITS[row["time_unit"]], context.get("date", "")


def reader_of(data):
    """(reader, its program) of a JSON document; (None, "") where it is no measurement."""
    if not isinstance(data, dict):
        return None, ""
    if data.get("schema") == "xibench-bench":
        return from_bench, "xibench bench"
    if data.get("schema") == "xibench-end-to-end":
        return from_end_to_end, "end_to_end"
    return (from_google_benchmark, "Google Benchmark") if "benchmarks" in data and "context" in data else (None, "")


def read_json(path):
    """The launches in a file, or None where it is no measurement. Raises RunFileError for one that is damaged or not whole."""
    if problem := not_a_file(path):
        raise RunFileError(f"{path}: {problem}: leave it out")
    try:
        raw = path.read_bytes()
        data = json.loads(raw)
    except OSError as error:
        raise RunFileError(f"{path}: cannot be read ({error.strerror}): make it readable, or leave it out") from error
    except (ValueError, RecursionError) as error:
        raise RunFileError(f"{path}: is no whole JSON ({str(error).splitlines()[0]}): launch it again, or remove it") from error
    reader, program = reader_of(data)
    if reader is None:
        return None
    digest, numbers = hashlib.sha256(raw).hexdigest(), defaultdict(list)
    try:
        for cell, label, seconds, start in reader(data):
            if not 0 < float(seconds) < float("inf"):
                raise ValueError(f"{label} took {seconds} seconds")
            numbers[cell].append((label, float(seconds), start))
    except KeyError as error:
        raise RunFileError(f"{path}: is no whole result of {program} ({error.args[0]} is missing): launch it again") from error
    except (AttributeError, TypeError, ValueError, ZeroDivisionError) as error:
        raise RunFileError(f"{path}: is no usable result of {program} ({error})") from error
    return [Launch(cell, rows[0][0], float(np.median([seconds for _, seconds, _ in rows])), seconds_of(rows[0][2]), f"{digest} {cell}")
            for cell, rows in numbers.items()]


def json_files(place):
    if place.is_dir():
        return sorted(Path(folder, name) for folder, names in folders_of(place) for name in names if name.endswith(".json") and name != MANIFEST)
    return [place] if place.suffix == ".json" else []


def started(place):
    """Folder -> when its launch began, from the list that the driver keeps beside or above the folders of launches."""
    for folder in (place, place.parent):
        try:
            if (folder / MANIFEST).exists() and (problem := not_a_file(folder / MANIFEST)):
                raise RunFileError(f"{folder / MANIFEST}: {problem}: remove it")
            data = json.loads((folder / MANIFEST).read_text())
            return {(folder / launch["folder"]).resolve(): float(launch["start"]) for launch in data["launches"]}
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise RunFileError(f"{folder / MANIFEST}: is damaged ({error!r}): remove it, then the times in the files decide what was interleaved") from error
    return {}


def one_per_process(launches):
    """The numbers of a cell that one process made, as their median."""
    merged = defaultdict(list)
    for launch in launches:
        merged[launch.identity].append(launch)
    for rows in merged.values():
        rows[0].seconds = float(np.exp(np.median(np.log([row.seconds for row in rows]))))
    return [rows[0] for rows in merged.values()]


def find_launches(place):
    """(launches, runs, problems, remarks) of a directory or file."""
    place, problems, remarks, runs, found, strange, copies = Path(place), [], [], [], {}, 0, 0
    if place.suffix != ".json" or place.is_dir():
        runs, problems = find_runs([place])
    once, copies = without_copies(runs)
    files = [(run.path, [launch_of_run(run)]) for run in once if np.isfinite(throughput(run))]
    starts = {}
    try:
        starts = started(place)
        for path in json_files(place):
            try:
                rows = read_json(path)
            except RunFileError as error:
                problems.append(str(error))
                continue
            strange += rows is None
            files.append((path, rows or []))
    except RunFileError as error:
        problems.append(str(error))
    for path, rows in files:
        folder = next((parent for parent in path.resolve().parents if parent in starts), None)
        for row in rows:
            key = row.identity
            if folder is not None:  # the driver says that this is a launch of its own, even if it measured the very same number
                row.start, row.identity, key = starts[folder], f"{folder} {row.cell}", f"{path} {row.cell}"
            copies += key in found
            found.setdefault(key, row)
    if strange and not place.is_dir():
        problems.append(f"{place}: is JSON of neither xibench bench, end_to_end nor Google Benchmark: give one of these, or run files")
    elif strange:
        remarks.append(f"{place}: {strange} JSON files are no measurements: passed over")
    if copies:
        remarks.append(f"{place}: {copies} launches are copies of others, and copies are no launches: passed over")
    return one_per_process(found.values()), runs, problems, remarks


def in_pairs(old, new):
    """Whether, in order of time, every two launches are one of each side."""
    if len(old) != len(new) or not np.isfinite([launch.start for launch in old + new]).all():
        return False
    order = sorted([(launch.start, 0) for launch in old] + [(launch.start, 1) for launch in new])
    times = [start for start, _ in order]
    return len(set(times)) == len(times) and all(order[k][1] != order[k + 1][1] for k in range(0, len(order), 2))


def samples_of(old, new):
    """(cell -> sample, cell -> label): the cells that both sides have launches of. A launch that is in both says nothing and stays in `old`."""
    sides, known = defaultdict(lambda: ([], [])), {launch.identity for launch in old}
    for side, launches in enumerate((old, [launch for launch in new if launch.identity not in known])):
        for launch in launches:
            sides[launch.cell][side].append(launch)
    samples, labels = {}, {}
    for cell, (before, after) in sides.items():
        if before and after:
            before, after = (sorted(side, key=lambda launch: launch.start) for side in (before, after))
            samples[cell] = Sample(np.log([x.seconds for x in before]), np.log([x.seconds for x in after]), in_pairs(before, after))
            label, alike = printable(before[0].label), sum(x.split(" #")[0] == printable(before[0].label) for x in labels.values())
            labels[cell] = f"{label} #{alike + 1}" if alike else label  # cells that differ in what a label leaves out, such as the learning rate
    return samples, labels
