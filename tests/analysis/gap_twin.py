#!/usr/bin/env python3
"""The gap table again, by scipy and from the synthetic runs only: what `xibench gap --format json` is compared with, and what stands
in for it where the report alone is tested. Called like the program: gap_twin.py gap DIR --format json."""

import json
import sys
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "analysis"))

import numpy as np
from scipy import optimize, stats

from run_sets import find_runs

DELTA, BASELINE = 0.5, "centralized"


def interval(differences):
    if len(differences) < 2:
        return [None, None]
    return list(stats.t.interval(0.95, len(differences) - 1, differences.mean(), stats.sem(differences)))


def verdict(d, delta):
    low, high = interval(d)
    if low is None:
        return "undecided"
    if low > delta or high < -delta:
        return "gap"
    return "no gap larger than delta" if -delta < low and high < delta else "undecided"


def p_value(d, delta):
    return 2 * stats.t.sf(abs(abs(d.mean()) - delta) / stats.sem(d), len(d) - 1) if len(d) > 1 else None


def holm(differences):
    """Sets p_table and verdict_of_table of these comparisons, none of which is there twice."""
    known = sorted((d for d in differences if d["p"] is not None and not np.isnan(d["p"]) and d["verdict"] != "diverged"), key=lambda d: d["p"])
    for d in differences:
        d |= {"p_table": None, "verdict_of_table": d["verdict"] if d["verdict"] == "diverged" else "undecided"}
    for k, d in enumerate(known):
        d["p_table"] = max([min(1.0, (len(known) - k) * d["p"])] + [other["p_table"] for other in known[:k]])
        d["verdict_of_table"] = d["verdict"] if d["p_table"] < 0.05 else "undecided"


def share(arm, against, base):
    """Fieller's interval, by the test that it inverts: the roots of |t| of a - ρ g against its quantile."""
    seeds = sorted(arm.keys() & against.keys() & base.keys())
    a, g = (np.array([one[s] - against[s] for s in seeds]) for one in (arm, base))
    found = {"pairs": len(seeds), "estimate": a.mean() / g.mean(), "interval_95": [None, None], "why": ""}
    if len(seeds) < 2 or np.isnan(a.mean() / g.mean()):
        return found
    limit = stats.t.ppf(0.975, len(seeds) - 1)
    beyond = lambda rho: abs(stats.ttest_1samp(a - rho * g, 0).statistic) - limit
    if abs(stats.ttest_1samp(g, 0).statistic) > limit:
        reach = 1.0
        while beyond(found["estimate"] - reach) < 0 or beyond(found["estimate"] + reach) < 0:
            reach *= 2
        found["interval_95"] = [optimize.brentq(beyond, found["estimate"], found["estimate"] + side * reach, xtol=1e-14) for side in (-1, 1)]
    return found


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
    return {"pairs": len(d), "mean": d.mean(), "sd": d.std(ddof=1) if len(d) > 1 else None, "interval_95": interval(d),
            "rho": float(np.corrcoef(a, b)[0, 1]) if len(d) > 2 else None, "worse": bool(d.mean() < 0) if len(d) and np.isfinite(d.mean()) else None, "verdict": verdict(d, DELTA), "why": "", "p": p_value(d, DELTA)}


def gauge_bytes(runs):
    """From the columns; what was needed to decide is unknown where one file does not say it."""
    total = float(np.mean([run.steps["gauge_bytes_sent"].sum() for run in runs]))
    known = all("decision_bytes_sent" in run.steps for run in runs)
    decide = float(np.mean([run.steps["decision_bytes_sent"].sum() for run in runs])) if known else None
    return {"gauge_bytes_sent": total, "gauge_bytes_to_decide": decide, "gauge_bytes_to_record": total - decide if known else None}


def traffic_of(runs):
    """Of all-reduces; these files hold no matrices of gossip."""
    n, rounds = runs[0].config["train"]["nodes"], 2 * (runs[0].config["train"]["nodes"] - 1)
    if any((run.steps["communication"] == 0).any() for run in runs):
        return {"modelled_s": None, "traffic": {"messages": None, "serial_messages": None, "serial_bytes": None}}
    steps, sent = np.mean([len(run.steps["step"]) for run in runs]), np.mean([run.steps["bytes_sent"].sum() for run in runs])
    return {"modelled_s": steps * rounds * 50e-6 + sent / n / 1.25e9,
            "traffic": {"messages": steps * rounds * n, "serial_messages": steps * rounds, "serial_bytes": sent / n}}


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
            "bytes_sent": mean("total_bytes_sent"), **traffic_of(runs), "distance_gauge": None, "distance_measured_every": 1,
            **gauge_bytes(runs), "wall_s": mean("wall_s"),
            "max_distance": list(np.mean([[phase["consensus_distance_max"] for phase in run.phases] for run in runs], axis=0)),
            "difference": difference, "published": None, "published_difference": None,
            "runs": [{"seed": run.seed, "id": run.id, "path": str(run.path), "outcome": run.outcome, "accuracy": accuracy[run.seed]} for run in runs]}


def contrast_of(asked, rows, base):
    arm, against = ({run["seed"]: run["accuracy"] for row in rows if row["variant"] == asked[key] for run in row["runs"]} for key in ("arm", "against"))
    diverged = sum(row["diverged"] for row in rows if row["variant"] in asked.values())
    difference = compared(arm, against)
    if diverged:
        difference["verdict"] = "diverged"
    return {"arm": asked["arm"], "against": asked["against"], "diverged": diverged, "difference": difference, "share": share(arm, against, base) if base else None}


def gap(places):
    runs, _ = find_runs(places)
    groups = []
    for nodes in sorted({run.config["train"]["nodes"] for run in runs}):
        mine = sorted((run for run in runs if run.config["train"]["nodes"] == nodes), key=lambda run: run.seed)
        base = {run.seed: run.summary["final_test_accuracy"] for run in mine if BASELINE in run.variants}
        variants = [v for v in named(mine[0].source) if any(v in run.variants for run in mine)]
        rows = [row_of(v, [run for run in mine if v in run.variants], base) for v in variants]
        groups.append({"axes": {"train.nodes": str(nodes)}, "rows": rows, "contrasts": [contrast_of(asked, rows, base) for asked in tomllib.loads(mine[0].source).get("contrast", [])]})
    holm([row["difference"] for group in groups for row in group["rows"] if row["difference"]])
    holm([contrast["difference"] for group in groups for contrast in group["contrasts"]])
    return plain({"schema": "xibench-gap", "schema_version": 2, "delta_from": None, "copies_left_out": 0,
            "network": {"latency_s": 50e-6, "bandwidth_bytes_per_s": 1.25e9}, "sweep": runs[0].name, "baseline": BASELINE, "delta": DELTA,
            "metric": {"name": "accuracy", "unit": "percent", "better": "higher", "description": "top-1 accuracy"}, "resolution": None,
            "groups": groups, "missing": []})


if __name__ == "__main__":
    print(json.dumps(gap(sys.argv[2:-2])))
