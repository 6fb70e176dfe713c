"""Did the science stay what it was? Runs of one id hold the same bits, or, where they do not, an accuracy that is no worse than by a margin."""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from scipy.stats import t

from launches import cell_of_run, label_of_run
from power import SIGNIFICANCE
from rank_tests import holm
from run_sets import science_difference

CONFIDENCE = 0.95  # one-sided: the risk of passing a cell that is worse than the margin allows
SAME, NO_WORSE, WORSE, UNJUDGED, DOUBT = "the same bits", "not worse", "WORSE", "SCIENCE DIFFERS", "cannot tell"
MACHINE = ("cpu", "gpu", "device", "libtorch")


@dataclass
class Science:
    """The runs of a cell that both sides have."""

    label: str
    word: str = SAME
    same: int = 0
    differing: dict = field(default_factory=dict)  # run id -> names of what differs
    alike: bool = True      # made on one kind of machine with one LibTorch
    runs: int = 0           # seeds that the values are paired by
    metric: object = None   # metrics.Metric that they are judged by
    difference: float = float("nan")  # mean improvement of the metric, new against old, in points: positive is better
    low: float = float("nan")         # its lower confidence bound
    p_worse: float = float("nan")     # of "worse by more than the margin"


def score(run):
    """What the run is measured by, where that is a percentage, for which the margin is made; better values are larger."""
    metric = run.metrics[0]
    return metric.loss(-run.summary.get(f"final_test_{metric.name}", float("nan"))) if metric.percent else float("nan")


def judge_score(cell, pairs, margin):
    """Non-inferiority (Schuirmann's one-sided test): the lower bound of the mean difference has to be above -margin. Pairs share a seed."""
    differences = np.array([score(new) - score(old) for old, new in pairs])
    cell.runs, cell.metric = len(differences), pairs[0][1].metrics[0]
    if not np.isfinite(differences).all():
        cell.word = UNJUDGED
        return
    cell.difference = float(differences.mean())
    if len(differences) < 2:
        cell.word = DOUBT
        return
    error = float(differences.std(ddof=1)) / np.sqrt(len(differences))
    cell.low = cell.difference - float(t.ppf(CONFIDENCE, len(differences) - 1)) * error
    distance = cell.difference + margin
    cell.p_worse = float(t.cdf(distance / error, len(differences) - 1)) if error > 0 else float(distance >= 0)
    cell.word = NO_WORSE if cell.low > -margin else DOUBT


def compare_science(baseline, candidate, margin):
    """One Science for each cell with runs that both sides have. `margin` in points of the metric."""
    old, cells, pairs = {}, {}, defaultdict(list)
    for run in baseline:
        old.setdefault(run.id, run)
    seen = set()
    for run in candidate:
        if run.id not in old:
            continue
        key, before = cell_of_run(run)[1], old[run.id]
        cell = cells.setdefault(key, Science(label_of_run(run)))
        names = science_difference(before, run)
        cell.same += not names
        if names:
            cell.differing.setdefault(run.id, names)
            cell.alike &= all(before.provenance.get(fact) == run.provenance.get(fact) for fact in MACHINE)
        if names or run.id not in seen:
            pairs[key] = [pair for pair in pairs[key] if pair[1].id != run.id] + [(before, run)]  # other launches of a run are no other seeds
        seen.add(run.id)
    for key, cell in cells.items():
        if cell.differing:
            judge_score(cell, pairs[key], margin)
    judged = [cell for cell in cells.values() if np.isfinite(cell.p_worse)]
    for cell, p in zip(judged, holm([cell.p_worse for cell in judged])):
        cell.p_worse = float(p)
        if p < SIGNIFICANCE:
            cell.word = WORSE
    return list(cells.values())
