#!/usr/bin/env python3
"""The gap table again, by scipy and from the synthetic runs only: what `xibench gap --format json` is compared with, and what stands
in for it where the report alone is tested. Called like the program: gap_twin.py gap DIR --format json."""

import json
import sys
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "analysis"))

import numpy as np
from scipy import stats

from runs import find_runs

DELTA, BASELINE = 0.5, "centralized"


def interval(differences, confidence):
    if len(differences) < 2:
        return [None, None]
    half = stats.t.ppf((1 + confidence) / 2, len(differences) - 1) * stats.sem(differences)
    return [differences.mean() - half, differences.mean() + half]


def verdict(d, delta):
    low, high = interval(d, 0.95)
    low90, high90 = interval(d, 0.90)
    if low is None:
        return "undecided"
    if (low > 0 or high < 0) and abs(d.mean()) > delta:
        return "gap"
    return "no gap larger than delta" if -delta < low90 and high90 < delta else "undecided"


def plain(value):
    """NaN, which JSON does not have, as null."""
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [plain(member) for member in value]
    return None if isinstance(value, float) and np.isnan(value) else value


def compared(arm, base):
    seeds = sorted(arm.keys() & base.keys())
    a, b = np.array([arm[s] for s in seeds]), np.array([base[s] for s in seeds])
    d = a - b
    return {"pairs": len(d), "mean": d.mean(), "sd": d.std(ddof=1) if len(d) > 1 else None, "interval_95": interval(d, 0.95),
            "interval_90": interval(d, 0.90), "rho": float(np.corrcoef(a, b)[0, 1]) if len(d) > 2 else None, "verdict": verdict(d, DELTA), "why": ""}


def gauge_bytes(runs):
    """From the columns; what was needed to decide is unknown where one file does not say it."""
    total = float(np.mean([run.steps["gauge_bytes_sent"].sum() for run in runs]))
    known = all("decision_bytes_sent" in run.steps for run in runs)
    decide = float(np.mean([run.steps["decision_bytes_sent"].sum() for run in runs])) if known else None
    return {"gauge_bytes_sent": total, "gauge_bytes_to_decide": decide, "gauge_bytes_to_record": total - decide if known else None}


def named(source):
    """The variants of a sweep, in the order of its file."""
    return [variant["name"] for variant in tomllib.loads(source)["variant"]]


def row_of(variant, runs, base):
    accuracy = {run.seed: run.summary["final_test_accuracy"] for run in runs}
    values = np.array(list(accuracy.values()))
    mean = lambda key: float(np.mean([run.summary[key] for run in runs]))
    diverged = sum(run.outcome == "diverged" for run in runs)
    difference = compared(accuracy, base) if base and variant != BASELINE else None
    if difference and (diverged or any(np.isnan(value) for value in base.values())):
        difference["verdict"] = "diverged"
    return {"variant": variant, "baseline": variant == BASELINE, "diverged": diverged, "truncated_runs": diverged,
            "accuracy": {"n": len(values), "mean": values.mean(), "sd": values.std(ddof=1) if len(values) > 1 else None},
            "accuracy_nodes_mean": mean("final_test_accuracy_nodes_mean"),
            "accuracy_nodes_min": float(np.min([run.summary["final_test_accuracy_nodes_min"] for run in runs])), "rounds": mean("total_rounds"),
            "bytes_sent": mean("total_bytes_sent"), **gauge_bytes(runs), "wall_s": mean("wall_s"),
            "max_distance": list(np.mean([[phase["consensus_distance_max"] for phase in run.phases] for run in runs], axis=0)),
            "difference": difference, "published": None, "published_difference": None,
            "runs": [{"seed": run.seed, "id": run.id, "path": str(run.path), "outcome": run.outcome, "accuracy": accuracy[run.seed]} for run in runs]}


def gap(places):
    runs, _ = find_runs(places)
    groups = []
    for nodes in sorted({run.config["train"]["nodes"] for run in runs}):
        mine = sorted((run for run in runs if run.config["train"]["nodes"] == nodes), key=lambda run: run.seed)
        base = {run.seed: run.summary["final_test_accuracy"] for run in mine if BASELINE in run.variants}
        variants = [v for v in named(mine[0].source) if any(v in run.variants for run in mine)]
        groups.append({"axes": {"train.nodes": str(nodes)}, "rows": [row_of(v, [run for run in mine if v in run.variants], base) for v in variants]})
    return plain({"schema": "xibench-gap", "schema_version": 1, "sweep": runs[0].name, "baseline": BASELINE, "delta": DELTA, "resolution": None,
            "groups": groups, "missing": []})


if __name__ == "__main__":
    print(json.dumps(gap(sys.argv[2:-2])))
