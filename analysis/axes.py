"""What the figures share: labels of panels, ticks of logarithmic axes, a place for 0 on them."""

import textwrap

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from style import Paper, plain, plt


def finite(value):
    return value is not None and np.isfinite(value)


def difference_label(baseline, metric):
    """Of an axis; a figure in a paper is too low for the name, which its caption says."""
    unit = f" ({metric.points})" if metric.points else ""
    return f"difference{unit}" if Paper.name else f"difference to {plain(baseline)}{unit}"


def title_panel(axis, cell):
    """In as many lines as the width of the panel asks for."""
    if cell.label:
        width = axis.figure.get_figwidth() / axis.get_subplotspec().get_gridspec().ncols
        axis.set_title(plain(textwrap.fill(cell.label, max(12, int(width * (13 if Paper.name else 10.5))))), loc="left", color="#444444")


def outer_labels(axes, x, y):
    """Labels at the outer edge only: the panels share their axes."""
    for axis in axes:
        place = axis.get_subplotspec()
        below = any(other.get_subplotspec().colspan == place.colspan and other.get_subplotspec().rowspan.start > place.rowspan.start for other in axes)
        axis.set_xlabel("" if below else x)
        axis.tick_params(labelbottom=True)
        axis.set_ylabel(y if place.is_first_col() else "")


def plain_log_ticks(axis, span=1):
    """1, 2, 5, 10 ... as numbers. Where the largest value is `span` times the smallest, fewer of them keep their labels apart."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if span < 100 else (1, 3) if span < 2000 else (1,), numticks=12))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def zero_slot(axis, values):
    """A logarithmic x axis that has a place for 0: returns where to draw a value, and labels that place."""
    positive = [v for v in values if finite(v) and v > 0]
    if not positive:
        return lambda v: v
    if max(positive) / min(positive) < 4 and min(values) > 0:
        return lambda v: v
    axis.set_xscale("log")
    plain_log_ticks(axis.xaxis, max(positive) / min(positive))
    place = min(positive) / max(2.5, (max(positive) / min(positive)) ** 0.25) if min(values) <= 0 else min(positive)
    if min(values) <= 0:
        axis.xaxis.set_minor_locator(plt.NullLocator())
        axis.set_xticks([tick for tick in axis.get_xticks() if place * 1.35 < tick < 1.5 * max(positive)])
        axis.axvline(place * 1.35, color="#bbbbbb", linewidth=1, linestyle=(0, (2, 3)))
        axis.annotate("0", (place, 0), xycoords=("data", "axes fraction"), xytext=(0, -7), textcoords="offset points", ha="center", va="top", color="#444444")
    axis.set_xlim(place / 1.5, max(positive) * 1.5)
    return lambda v: v if v > 0 else place
