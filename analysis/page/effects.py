"""What the arms of a sweep are judged by, and how far each is from the baseline: the metric that the run files name first, in the words of the gap table where
that has a margin or is about percentages; else, as for f − f*, by ratio or difference without a margin."""

import math
from dataclasses import dataclass, field

import numpy as np
from scipy import stats

import metrics

from .text import number, short, span


def ratio(value):
    """× 3.2; near 1 in percent, where three digits would hide the difference."""
    return f"{100 * (value - 1):+.2g} %".replace("-", "−") if 0 < abs(value - 1) < 0.01 else "× " + short(value)


@dataclass
class Metric:
    key: str       # column of /evaluations
    label: str
    unit: str      # of values
    log: bool      # compared by ratio, drawn on a logarithmic axis
    judged: bool = False  # words and numbers are those of the gap table
    higher: bool = False  # which values are better
    points: str = ""      # unit of differences

    @property
    def percent(self):
        return self.unit == "%"

    @property
    def labelled(self):
        return self.label + (f", {self.unit}" if self.unit else "")

    def loss(self, difference):
        """By how much an arm is worse; negative where it is better."""
        return -difference if self.higher else difference

    def value(self, x):
        return number(x) if self.percent else short(x, 4)

    def difference(self, x):
        """A difference as text; for a metric compared by ratio, x is the decimal logarithm of the ratio."""
        if self.percent:
            return number(x, 2, True)
        return ratio(10 ** x) if self.log else ("+" if x > 0 else "") + short(x)

    @property
    def title(self):
        return self.label if self.log else self.label.capitalize()

    @property
    def difference_label(self):
        return "ratio" if self.log else "difference" + (f", {self.points}" if self.points else "")

    @property
    def axis_of_differences(self):
        return "log10 of the ratio" if self.log else self.difference_label

    def amount(self, x):
        """A margin or another difference without a sign, with its unit."""
        return str(x) + (f" {self.points}" if self.points else "")


def first_of(named, delta=None):
    """A metrics.Metric as the page shows it; with a margin, or as a percentage, by the words of the gap table."""
    return Metric(named.column, named.label, named.symbol, False, bool(delta) or named.percent, named.higher, named.points)


SUBOPTIMALITY = Metric("suboptimality_mean_model", "f − f*", "", True)
OTHERS = (first_of(metrics.ACCURACY), SUBOPTIMALITY, first_of(metrics.LOSS), Metric("train_loss_mean_model", "training loss", "", False))


def metric_of(runs, delta=None):
    """What the runs say they are measured by, if some run has measured it; a loss without a margin gives way to f − f*. Runs under way may not say it: for
    them the first that is measured. None without any."""
    listed = [first_of(run.metrics[0], delta) for run in runs if run.metrics]
    wanted = ([SUBOPTIMALITY] if listed and listed[0].key == metrics.LOSS.column and not delta else []) + listed[:1] + list(OTHERS)
    measured = lambda metric, run: metric.key in run.evaluations and np.isfinite(run.evaluations[metric.key]).any()
    return next((metric for metric in wanted if any(measured(metric, run) for run in runs)), None)


@dataclass
class Effect:
    """The difference of an arm to the baseline, paired by seed. In the unit of the gap table, else see Metric.difference."""
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    dots: list = field(default_factory=list)  # one per seed
    word: str = ""   # gap, none, undecided, baseline
    text: str = ""   # the verdict as shown
    why: str = ""

    def shown(self, metric):
        if self.mean is None:
            return "–"
        return metric.difference(self.mean) + (f" [{span(self.low, self.high, metric.difference)}]" if self.low is not None else "")


def final(run, metric):
    """Value of the last evaluation; None where it is not finite, or the run diverged."""
    value = float(run.evaluations[metric.key][-1]) if metric.key in run.evaluations and len(run.evaluations[metric.key]) else math.nan
    return value if math.isfinite(value) and run.outcome != "diverged" else None


def finals(row, metric):
    """seed -> final value"""
    return {run.seed: value for run in row.runs if (value := final(run, metric)) is not None}


def holds_for_table(difference):
    return difference["verdict"] in ("gap", "no gap larger than delta") and difference["verdict_of_table"] == difference["verdict"]


def mark(difference):
    """Of a word that holds for all rows at once."""
    return " *" if holds_for_table(difference) else ""


def judged(row, base, delta, metric):
    """The effect of a row of the gap table: its words and numbers are those of the gap table."""
    difference, diverged = row.gap["difference"], row.gap["diverged"]
    if diverged:
        rest = ", baseline" if row.baseline else ", no baseline" if difference is None else ""
        return Effect(word="gap", text=f"{diverged} of {len(row.gap['runs'])} diverged{rest}", why=(difference or {}).get("why", ""))
    if row.baseline or difference is None:
        return Effect(word="baseline" if row.baseline else "undecided", text="baseline" if row.baseline else "no baseline")
    words = {"diverged": ("undecided", "baseline diverged"), "gap": ("gap", "gap (better)" if metric and metric.loss(difference["mean"] or 0) < 0 else "gap"),
             "no gap larger than delta": ("none", f"no gap larger than {delta}")}
    word, text = words.get(difference["verdict"], ("undecided", difference["verdict"]))
    low, high = difference["interval_95"]
    dots = [value - base[seed] for seed, value in row.final.items() if seed in base]
    return Effect(difference["mean"], low, high, dots, word, text + mark(difference), difference["why"])


def measured(row, base, metric):
    """The effect of a row without a margin: the metric's paired differences (logarithms of ratios), with the 95 % t interval of their mean."""
    diverged = sum(run.outcome == "diverged" for run in row.runs)
    if diverged:
        return Effect(word="gap", text=f"{diverged} of {len(row.runs)} diverged")
    if row.baseline or not base:
        return Effect(word="baseline" if row.baseline else "undecided", text="baseline" if row.baseline else "no baseline")
    scale = np.log10 if metric.log else np.asarray
    found = finals(row, metric)
    pairs = [(value, base[seed]) for seed, value in found.items() if seed in base and (not metric.log or value > 0 and base[seed] > 0)]
    dots = [float(scale(value) - scale(other)) for value, other in pairs]
    if not dots:
        return Effect(word="undecided", text="undecided", why="no seed has a value in both arms that can be compared")
    mean, low, high = float(np.mean(dots)), None, None
    if len(dots) > 1:
        low, high = (float(end) for end in mean + stats.t.ppf([0.025, 0.975], len(dots) - 1) * stats.sem(dots))
    known = low is not None and (low > 0 or high < 0)
    return Effect(mean, low, high, dots, "gap" if known and metric.loss(mean) > 0 else "none" if known else "undecided",
                  ("higher" if mean > 0 else "lower") if known else "undecided",
                  "the 95 % interval of this row leaves out equality" if known else "the 95 % interval of this row holds equality, or there is one seed")


def effects_of(cells, delta, metric):
    """One list of effects per cell, in order of its rows."""
    out = []
    for cell in cells:
        base = next((row for row in cell.rows if row.baseline), None)
        if metric is None or metric.judged:
            out.append([judged(row, base.final if base else {}, delta, metric) for row in cell.rows])
        else:
            out.append([measured(row, finals(base, metric) if base else {}, metric) for row in cell.rows])
    return out
