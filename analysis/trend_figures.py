"""Figures of a sweep over its axes: the gap against the number of nodes, the gap on a map of algorithm and heterogeneity, the time to an accuracy. As those in
figures.py, each is a function from the cells to a file that returns its caption, or None."""

import numpy as np
from matplotlib.ticker import NullLocator

from axes import difference_label, finite, plain_log_ticks
from cells import followers, telling_axes
from style import BASELINE, canvas, explain, headline, legend, plain, plt, points, save, thick

NODES, PARTITION = "train.nodes", "data.partition"


def nodes_of(row):
    return row.runs[0].config["train"]["nodes"]


def partition_of(row):
    return str(row.runs[0].config.get("data", {}).get("partition", "–"))


def differences(cells):
    """(cell, row) of the arms that have a mean difference to a baseline."""
    return [(cell, row) for cell in cells for row in cell.rows if row.runs and row.gap["difference"] and finite(row.gap["difference"]["mean"])]


def gap_over_nodes(cells, looks, stem, delta, baseline):
    """The difference to the baseline against n, a line per arm."""
    found = differences(cells)
    if len(sizes := sorted({nodes_of(row) for _, row in found})) < 2:
        return None
    nodes_of_cell = lambda cell: cell.axes.get(NODES)
    others = telling_axes(cells, nodes_of_cell)
    lines = {}
    for cell, row in found:
        rest = ", ".join(f"{key.split('.')[-1]} = {cell.axes[key]}" for key in others)
        lines.setdefault((rest, row.variant), []).append((nodes_of(row), row.gap["difference"]))
    places = list(dict.fromkeys(rest for rest, _ in lines))
    columns = min(3, len(places))
    figure, axes = plt.subplots(-(-len(places) // columns), columns, figsize=canvas(7.4 if columns == 1 else 4.6 * columns, 4.4 * -(-len(places) // columns)), squeeze=False, sharey=True, sharex=True,
                                layout="constrained")
    for axis in axes.flat[len(places):]:
        axis.set_visible(False)
    names = list(dict.fromkeys(variant for _, variant in lines))
    for (rest, variant), line in lines.items():
        axis, look = axes.flat[places.index(rest)], looks[variant]
        beside = 1.018 ** (names.index(variant) - (len(names) - 1) / 2)  # intervals of equal n stand side by side
        x = [n * beside for n, _ in sorted(line, key=lambda p: p[0])]
        line = [d for _, d in sorted(line, key=lambda p: p[0])]
        for at, d in zip(x, line):
            if finite(d["interval_95"][0]):
                axis.plot([at, at], d["interval_95"], color=look.colour, linewidth=thick(1.3), alpha=0.8)
        axis.plot(x, [d["mean"] for d in line], color=look.colour, linestyle=look.dash, marker=look.marker, markersize=thick(7), markeredgecolor="white", linewidth=thick(1.8))
    means = [d["mean"] for line in lines.values() for _, d in line] + [0.0, -(delta or 0), delta or 0]
    reach = max(means) - min(means)
    axes.flat[0].set_ylim(min(means) - 0.3 * reach, max(means) + 0.3 * reach)
    for k, axis in enumerate(axes.flat[:len(places)]):
        if delta:
            axis.axhspan(-delta, delta, color="#f0e6b8", alpha=0.7, zorder=0, linewidth=0)
        axis.axhline(0, color=BASELINE, linewidth=thick(1.2))
        axis.set_xscale("log", base=2)
        axis.set_xticks(sizes, [str(n) for n in sizes])
        axis.xaxis.set_minor_locator(NullLocator())
        axis.set_xlabel("nodes n")
        if places[k]:
            axis.set_title(plain(places[k]), loc="left", color="#444444")
    axes.flat[0].set_ylabel(difference_label(baseline, cells[0].metric))
    legend(figure, looks, names)
    title = f"The gap to {baseline} against the number of nodes"
    what = "Marks: means of the differences paired by seed, side by side at equal n; vertical lines: 95 % t intervals, cut at the axis" + (f"; shaded: the margin of ± {cells[0].metric.margin(delta)}." if delta else ".")
    what += "".join(f" {line}." for line in followers(cells, NODES, nodes_of_cell, [str(n) for n in sizes]))
    headline(figure, title)
    explain(figure, what)
    save(figure, stem)
    return f"{title}. {what}"


def heterogeneity_map(cells, looks, stem, baseline):
    """The difference to the baseline by arm and partition of the data, as numbers on a map; the worst of the other axes' cells where there are several."""
    found = differences(cells)
    partitions = list(dict.fromkeys(partition_of(row) for _, row in found))
    if len(partitions) < 2:
        return None
    names = list(dict.fromkeys(row.variant for _, row in found))
    values = np.full((len(names), len(partitions)), np.nan)
    for _, row in found:
        at = names.index(row.variant), partitions.index(partition_of(row))
        values[at] = (np.nanmin if cells[0].metric.higher else np.nanmax)([values[at], row.gap["difference"]["mean"]])
    figure, axis = plt.subplots(figsize=canvas(2.6 + 1.5 * len(partitions), 1.6 + 0.5 * len(names)), layout="constrained")
    most = np.nanmax(np.abs(values)) or 1.0
    image = axis.imshow(values, cmap="RdBu" if cells[0].metric.higher else "RdBu_r", vmin=-most, vmax=most, aspect="auto")
    for (i, j), value in np.ndenumerate(values):
        text = "–" if np.isnan(value) else cells[0].metric.number(value, "+").replace("-", "\u2212")
        axis.text(j, i, text, ha="center", va="center", fontsize=points(10), color="white" if abs(value) > 0.65 * most else "#222222")
    axis.set_xticks(range(len(partitions)), [plain(p) for p in partitions])
    axis.set_yticks(range(len(names)), [plain(n) for n in names])
    axis.grid(False)
    axis.set_xlabel("partition of the data")
    figure.colorbar(image, ax=axis, label=difference_label(baseline, cells[0].metric))
    title = f"The gap to {baseline} by arm and partition of the data"
    what = "Numbers: means of the differences paired by seed" + ("; the worst of the cells that differ in other axes." if len(found) > len(names) * len(partitions) else ".")
    headline(figure, title)
    explain(figure, what)
    save(figure, stem)
    return f"{title}. {what}"


def reached(run, goal, metric):
    """Seconds of training until an evaluation first shows `goal` or better; None where none does."""
    e = run.evaluations
    hits = np.flatnonzero(e[metric.column] >= goal if metric.higher else e[metric.column] <= goal) if metric.column in e else []
    return float(e["train_seconds"][hits[0]]) if len(hits) and np.isfinite(e["train_seconds"][hits[0]]) else None


def goal_of(cells):
    """What at least half of all runs reach at their end: in whole percent, of other metrics in two digits."""
    ends, metric = [value for cell in cells for row in cell.rows for value in row.final.values()], cells[0].metric
    if not ends:
        return None
    middle = float(np.median(ends))
    unit = 1.0 if metric.percent or middle == 0 else 10.0 ** (np.floor(np.log10(abs(middle))) - 1)
    return float(f"{(np.floor if metric.higher else np.ceil)(middle / unit) * unit:.6g}")


def time_to_score(cells, looks, stem):
    """Seconds of training until the value of the metric that half of the runs end beyond: a dot per run, right of the line those that never had it."""
    goal, metric = goal_of(cells), cells[0].metric
    value = f"{goal:g} {metric.symbol}".strip() if goal is not None else ""
    wanted, (side, beyond) = f"{value} {metric.label}", ("more", "above") if metric.higher else ("less", "below")
    found = [(cell, row, [reached(run, goal, metric) for run in row.runs]) for cell in cells for row in cell.rows if row.runs and "train_seconds" in row.runs[0].evaluations] if goal is not None else []
    times = [t for _, _, line in found for t in line if t and t > 0]
    if not times:
        return None
    names = [row.variant + (f", {cell.label}" if cell.label else "") for cell, row, _ in found]
    figure, axis = plt.subplots(figsize=canvas(8.2 if max(map(len, names)) < 26 else 9.2, 1.5 + 0.38 * len(found)), layout="constrained")
    never = max(times) * 1.6
    for y, (_, row, line) in enumerate(found):
        look = looks[row.variant]
        axis.plot([t for t in line if t], [y] * sum(bool(t) for t in line), "o", color="white", markeredgecolor=look.colour, markeredgewidth=thick(1.3), markersize=thick(7))
        if lost := sum(not t for t in line):
            axis.annotate(f"{lost} of {len(line)} never", (never, y), va="center", ha="center", fontsize=points(9.5), color=look.colour)
        if all(line):
            axis.plot([float(np.median(line))], [y], "D", color=look.colour, markersize=thick(8), markeredgecolor="white", zorder=3)
    axis.set_xscale("log")
    plain_log_ticks(axis.xaxis)
    axis.set_xticks([t for t in axis.get_xticks() if min(times) / 1.25 < t < max(times) * 1.2])
    axis.set_xlim(min(times) / 1.25, never * 1.4)
    axis.axvline(max(times) * 1.2, color="#bbbbbb", linewidth=thick(1), linestyle=(0, (2, 3)))
    axis.set_yticks(range(len(found)), list(map(plain, names)))
    axis.set_ylim(len(found) - 0.5, -0.5)
    axis.grid(False, axis="y")
    axis.set_xlabel(f"seconds of training until {wanted}")
    title = f"Time to {wanted}"
    what = (f"Circles: each run, at its first evaluation with {value} or {side} (what half of all runs end {beyond}); diamond: the median where all runs had it. Seconds are those of this machine "
            "and of all nodes on it.")
    headline(figure, title)
    explain(figure, what)
    save(figure, stem)
    return f"{title}. {what}"
