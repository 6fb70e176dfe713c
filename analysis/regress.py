#!/usr/bin/env python3
"""Compares two sets of run files: regress.py BASELINE CANDIDATE [--threshold PERCENT]. Exit status: 0 no regression, 1 slower or other
science, 2 bad input or nothing to compare.

A run file is one launch; its number is the median throughput over the steps after warm-up, without those that evaluate or write a
checkpoint. Launches of one configuration on one kind of machine are a cell, whatever their seeds. Slower means both: Mann-Whitney
p < 0.01 (two-sided, exact where there are no ties), and a median that falls by more than max(threshold, 3 CV of the baseline). Cells too small for
that test (it takes 5 and 5) count in the pooled comparison, where each launch is divided by its cell's baseline median."""

import argparse
import json
import sys
from collections import defaultdict

import numpy as np
from scipy.stats import mannwhitneyu

from arguments import Parser, real
from messages import printable, say
from runs import find_runs, science_difference, tell_odd, throughput, without_copies

P_VALUE, STEP = 0.01, 0.005
MACHINE = ("cpu", "gpu", "device", "ranks", "threads")  # what must be equal for times to be comparable


def cell_of(run):
    config = {key: value for key, value in run.config.items() if key != "seed"}
    if isinstance(config.get("control"), dict):  # a reference run of another seed has another id
        config["control"] = {key: value for key, value in config["control"].items() if key != "reference_id"}
    return json.dumps(config, sort_keys=True), tuple(str(run.provenance.get(key, "")) for key in MACHINE)


def cells_of(runs):
    cells = defaultdict(list)
    for run in runs:
        if np.isfinite(throughput(run)):
            cells[cell_of(run)].append(run)
    return cells


def variation(relative, cells):
    """Pooled coefficient of variation: relative throughputs around 1, one degree of freedom lost per cell."""
    degrees = len(relative) - cells
    return float(np.sqrt(np.sum((relative - 1) ** 2) / degrees)) if degrees > 0 else float("nan")


def slower(baseline, candidate, effect):
    """(verdict, ratio, p) of two sets of throughputs."""
    ratio = float(np.median(candidate) / np.median(baseline))
    p = float(mannwhitneyu(baseline, candidate, alternative="two-sided").pvalue)
    return bool(p < P_VALUE and ratio < 1 - effect), ratio, p


def smallest_seen(baseline, candidate, effect):
    """The smallest slowdown, in steps of half a percent, that these launches would have shown: the candidate's own scatter, moved."""
    level = candidate / np.median(candidate) * np.median(baseline)
    for slowdown in np.arange(STEP, 0.5, STEP):
        if slower(baseline, level * (1 - slowdown), effect)[0]:
            return float(slowdown)
    return None


def compare(name, baseline, candidate, threshold, cells=1):
    baseline, candidate = np.array(baseline), np.array(candidate)
    cv = variation(baseline / np.median(baseline), cells)
    effect = max(threshold, 3 * cv) if np.isfinite(cv) else threshold
    is_slower, ratio, p = slower(baseline, candidate, effect)
    seen = smallest_seen(baseline, candidate, effect)
    least = f"slowdowns from {100 * seen:.1f} % would have been seen" if seen else "no slowdown could have been seen: it takes 5 launches and 5"
    cv_text = f"{100 * cv:.1f} %" if np.isfinite(cv) else "unknown"
    word = "REGRESSION" if is_slower else "within noise" if seen else "cannot tell"
    print(f"{word}: {name}: ratio {ratio:.3f}, p = {p:.2g}, {len(baseline)} and {len(candidate)} launches, CV {cv_text}, "
          f"beyond {100 * effect:.1f} % counts; {least}")
    return is_slower


def label(cell, runs):
    config, machine = cell
    names = printable(" | ".join(sorted({variant or runs[0].name for run in runs for variant in run.variants})))
    nodes = json.loads(config).get("train", {}).get("nodes")
    where = ", ".join(f"{key} {value}" for key, value in zip(MACHINE[2:], machine[2:]) if value)
    return f"{names}{f', n = {nodes}' if nodes else ''}{f' ({where})' if where else ''}"


def compare_speed(baseline, candidate, threshold):
    """Regressions found, cells compared, cells of the baseline."""
    old, new = cells_of(baseline), cells_of(candidate)
    shared = [cell for cell in old if cell in new]
    found, pooled_old, pooled_new = False, [], []
    for cell in shared:
        before, after = [throughput(run) for run in old[cell]], [throughput(run) for run in new[cell]]
        found |= compare(label(cell, old[cell]), before, after, threshold)
        pooled_old += list(np.array(before) / np.median(before))
        pooled_new += list(np.array(after) / np.median(before))
    if len(shared) > 1:
        found |= compare(f"all {len(shared)} cells pooled", pooled_old, pooled_new, threshold, cells=len(shared))
    return found, len(shared), len(old)


def compare_science(baseline, candidate):
    """Runs of one id must hold the same bits on one kind of machine; elsewhere a difference is only told."""
    same = differing = 0
    by_id = {run.id: run for run in baseline}
    for run in candidate:
        if run.id not in by_id:
            continue
        names = science_difference(by_id[run.id], run)
        if not names:
            same += 1
            continue
        alike = all(by_id[run.id].provenance.get(key) == run.provenance.get(key) for key in ("cpu", "gpu", "device", "libtorch"))
        differing += alike
        print(f"{'SCIENCE DIFFERS' if alike else 'science differs, as it may on another machine'}: run {run.id}: {', '.join(names)}")
    print(f"science: {same} runs the same bits, {differing} not")
    return differing


def separate_launches(baseline, candidate):
    """Both sets, with every launch once: what is in both cannot tell them apart and stays in the baseline."""
    (baseline, copies), (candidate, more) = without_copies(baseline), without_copies(candidate)
    if copies + more:
        say("regress", f"{copies + more} files are copies of others, and copies are no launches: passed over")
    known = {(run.id, run.launch) for run in baseline}
    new = [run for run in candidate if (run.id, run.launch) not in known]
    if len(new) < len(candidate):
        say("regress", f"{len(candidate) - len(new)} launches are in both sets and say nothing about a difference: left out of the candidate's")
    return baseline, new


def main():
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("baseline", help="directory or run file: what was")
    parser.add_argument("candidate", help="directory or run file: what is")
    parser.add_argument("--threshold", type=real(0, 99.9), default=3.0, metavar="PERCENT", help="smallest slowdown that counts (default %(default)s)")
    options = parser.parse_args()
    (baseline, problems), (candidate, more) = find_runs([options.baseline]), find_runs([options.candidate])
    for problem in problems + more:
        say("regress", problem)
    if problems or more:
        return 2  # a set with unusable files is not the set that was meant
    tell_odd("regress", baseline + candidate)
    differing = compare_science(baseline, candidate)
    baseline, candidate = separate_launches(baseline, candidate)
    found, compared, of = compare_speed(baseline, candidate, options.threshold / 100)
    if compared == 0:
        say("regress", f"compared 0 of {of} cells (no configuration on one kind of machine has separate launches in both {options.baseline} and {options.candidate}): "
                       "run the same sweep with the same ranks, threads and device")
        return 2
    print(f"compared {compared} of {of} cells: {'REGRESSION' if found else 'no regression in speed'}{', SCIENCE DIFFERS' if differing else ''}")
    return 1 if found or differing else 0


if __name__ == "__main__":
    sys.exit(main())
