"""Kept files: what `xibench gap --keep` leaves of runs, in the form of runs.Run. Their steps are those before evaluations, with Ξ alone, so there is nothing to time."""

import json
from pathlib import Path

import metrics
from run_file import RunFileError, not_a_file, np
from runs import Run

SCHEMA, VERSION = "xibench-kept", 1
TEXTS = ("id", "sweep", "variant", "outcome")
NUMBERS = {None: float("nan"), "inf": float("inf"), "-inf": float("-inf")}  # that JSON does not have


def is_kept(path):
    return Path(path).name.endswith(".json")


def number(value):
    return NUMBERS.get(value, value)


def columns(found):
    return {key: np.array([number(x) for x in values], dtype=float) for key, values in found.items()}


def run_of(entry, source, path):
    for key in TEXTS:  # others look runs up by them
        if not isinstance(entry[key], str):
            raise TypeError(f"{key} is no text")
    at = columns(entry["evaluations"])
    at.setdefault("step", np.array([]))
    distance = at.pop("consensus_distance", np.full(len(at["step"]), np.nan))
    after = at["step"] > 0
    return Run(path=path, id=entry["id"], name=entry["sweep"], seed=entry["seed"], variants=entry["variant"].split(" | "), outcome=entry["outcome"], config=entry["config"],
               source=source, problem={}, summary={key: number(value) for key, value in entry["summary"].items()}, metrics=[metrics.Metric(*one) for one in entry["metrics"]],
               provenance=entry["provenance"], launch=f"kept {entry['id']}", odd=[], not_science=set(), parts=[],
               steps={"step": at["step"][after] - 1, "consensus_distance": distance[after]}, evaluations=at,
               phases=[{key: number(value) if key not in ("topology", "policy", "target_source") else value for key, value in phase.items()} for phase in entry["phases"]])


def read_kept(path):
    """The runs that a kept file holds. Raises RunFileError for what is none; whether its entries were changed is for `xibench gap` to say, which reads it too."""
    path, remedy = Path(path), "take the file as it was kept, or make it again with xibench gap --keep"
    if problem := not_a_file(path):
        raise RunFileError(f"{path}: {problem}: leave it out")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RunFileError(f"{path}: cannot be read ({error.strerror}): make it readable, or leave it out") from error
    except (ValueError, RecursionError) as error:
        raise RunFileError(f"{path}: is no JSON ({error}), as if it was cut or changed: {remedy}") from error
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise RunFileError(f"{path}: schema: is no kept file: name one that xibench gap --keep wrote, or run files")
    version = found.get("schema_version")
    if type(version) is not int or not 1 <= version <= VERSION:
        raise RunFileError(f"{path}: schema_version: {version} is none of 1 to {VERSION}, which this analysis reads: use the analysis of that version")
    try:
        return [run_of(entry, found["sources"][entry["source"]], path) for entry in found["runs"]]
    except (AttributeError, LookupError, OverflowError, TypeError, ValueError) as error:
        raise RunFileError(f"{path}: runs: no whole list of runs ({error!r}): {remedy}") from error
