"""Figures of a sweep: each is a function from the cells of the gap table to a file (PNG and SVG). It returns its title, or None when
the runs hold nothing that it could draw."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from axes import finite, outer_labels, plain_log_ticks, title_panel
from cells import variants_of
from runs import TIME_PARTS, timed_steps
from style import BASELINE, PART_COLOURS, bar_panels, headline, legend, panels, plain, plt, save

POINTS = 500  # more per line than a screen shows only make the file large


def condense(x, y):
    """At most POINTS points, each the median of its stretch."""
    if len(x) <= POINTS:
        return x, y
    stretches = np.array_split(np.arange(len(x)), POINTS)
    with np.errstate(all="ignore"):
        return np.array([x[s[0]] for s in stretches]), np.array([np.nanmedian(y[s]) if np.isfinite(y[s]).any() else np.nan for s in stretches])


def across_seeds(lines):
    """(x, matrix of seeds by points) over the steps that all seeds have."""
    count = min(len(x) for x, _ in lines)
    return lines[0][0][:count], np.array([y[:count] for _, y in lines])


def consensus_distance(cells, looks, stem):
    """Ξ over steps: a light line per seed, the median strong, phase boundaries dotted."""
    figure, axes = panels(len(cells), sharey=True)
    drawn, empty, smallest, largest = [], {}, np.inf, 0.0  # empty: why nothing is drawn
    for axis, cell in zip(axes, cells):
        for row in cell.rows:
            lines = [condense(run.steps["step"].astype(float), np.where(run.steps["consensus_distance"] > 0, run.steps["consensus_distance"], np.nan))
                     for run in row.runs]
            if not lines or not any(np.isfinite(y).any() for _, y in lines):
                known = any(np.isfinite(run.steps["consensus_distance"]).any() for run in row.runs)
                empty[row.variant] = "Ξ = 0" if known else "not measured"
                continue
            colour, dash = looks[row.variant]
            for x, y in lines:
                axis.plot(x, y, color=colour, linewidth=0.8, alpha=0.4)
            x, values = across_seeds(lines)
            measured = np.isfinite(values).any(axis=0)
            middle = np.full(len(x), np.nan)
            middle[measured] = np.nanmedian(values[:, measured], axis=0)
            axis.plot(x, middle, color=colour, linestyle=dash, linewidth=2)
            drawn.append(row.variant)
            largest = max(largest, np.nanmax(middle))
            smallest = min(smallest, np.nanpercentile(middle, 2))
        for boundary in {phase["first_step"] for row in cell.rows for run in row.runs for phase in run.phases if phase["first_step"] > 0}:
            axis.axvline(boundary, color="#999999", linewidth=1, linestyle=":")
        axis.set_yscale("log")
        plain_log_ticks(axis.yaxis)
        title_panel(axis, cell)
    if not drawn:
        plt.close(figure)
        return None
    axes[0].set_ylim(max(smallest / 2, largest * 1e-5), largest * 1.6)  # rounding noise after exact averaging would take up the axis
    outer_labels(axes, "step", "consensus distance Ξ after mixing")
    legend(figure, looks, variants_of(cells), [f"{v} ({empty[v]})" if v in empty and v not in drawn else v for v in variants_of(cells)])
    title = "Consensus distance Ξ over training"
    headline(figure, title)
    save(figure, stem)
    return title + ". Light: each seed; strong: the median; dotted: phase boundaries; gaps: exact averaging, where Ξ = 0, or not measured."


def accuracy(cells, looks, stem):
    """Test accuracy of the mean model over epochs: the mean over seeds, and the range from the worst to the best seed."""
    figure, axes = panels(len(cells), sharey=True)
    late = []
    for axis, cell in zip(axes, cells):
        for row in cell.rows:
            lines = [(run.evaluations["epoch"].astype(float), run.evaluations["test_accuracy_mean_model"]) for run in row.runs]
            if not lines or not any(np.isfinite(y).any() for _, y in lines):
                continue
            x, values = across_seeds(lines)
            colour, dash = looks[row.variant]
            axis.fill_between(x, values.min(axis=0), values.max(axis=0), color=colour, alpha=0.18, linewidth=0)
            axis.plot(x, values.mean(axis=0), color=colour, linestyle=dash, linewidth=2, marker="o" if len(x) < 30 else None, markersize=3.5)
            late += list(values[:, len(x) // 4:].ravel())
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.ticklabel_format(axis="y", useOffset=False)
        title_panel(axis, cell)
    if not late:
        plt.close(figure)
        return None
    spread = np.nanmax(late) - np.nanmin(late)
    axes[0].set_ylim(np.nanmin(late) - 0.06 * spread - 0.1, min(np.nanmax(late) + 0.06 * spread + 0.1, 100.5))  # the first quarter may leave the axis
    outer_labels(axes, "epoch", "test accuracy, mean model (%)")
    legend(figure, looks, variants_of(cells))
    title = "Test accuracy of the mean model over epochs"
    headline(figure, title)
    save(figure, stem)
    return title + ". Line: mean over seeds; band: from the worst to the best seed. The first quarter of training may lie below the axis."


def gap(cells, looks, stem, delta, baseline):
    """The paired difference to the baseline: bar, 95 % interval, a dot per seed, the margin shaded."""
    shown = lambda row: row.gap["difference"] and (finite(row.gap["difference"]["mean"]) or row.gap["diverged"])
    compared = [(cell, rows) for cell in cells if (rows := [row for row in cell.rows if shown(row)])]
    if not any(finite(row.gap["difference"]["mean"]) for _, rows in compared for row in rows):
        return None
    figure, axes = bar_panels([len(rows) for _, rows in compared], 0.58)
    reach, ends, worst = [0.0], [], None
    for axis, (cell, rows) in zip(axes, compared):
        base = next(row for row in cell.rows if row.baseline).accuracy
        for y, row in enumerate(rows):
            d = row.gap["difference"]
            if row.gap["diverged"] or not finite(d["mean"]):  # no bar: there is no mean
                continue
            colour = looks[row.variant][0]
            axis.barh(y, d["mean"], height=0.56, color=colour, alpha=0.75)
            dots = [value - base[seed] for seed, value in row.accuracy.items() if seed in base]
            axis.plot(dots, np.full(len(dots), y + 0.15), "o", color=colour, markersize=6, markeredgecolor="white", markeredgewidth=0.9, zorder=4)
            reach += [d["mean"], *dots]
            ends += [end for end in d["interval_95"] if finite(end)]
            if worst is None or d["mean"] < worst[0]:
                worst = (d["mean"], row.variant, cell.label, d["verdict_of_table"])  # the worst of all: a statement about the table
        axis.set_yticks(range(len(rows)), [f"{plain(row.variant)}\n{words(row, delta)}" for row in rows], linespacing=1.3)
        axis.set_ylim(len(rows) - 0.6, -0.4)  # also where a row has no bar
        axis.grid(False, axis="y")
        title_panel(axis, cell)
    low, high = min(reach + [-1.3 * (delta or 0)]), max(reach + [1.3 * (delta or 0)])
    room = 0.6 * (high - low)  # an interval of two seeds may be ten times as long as all bars
    limits = max(low - room, min(ends + [low])) - 0.1 * room, min(high + room, max(ends + [high])) + 0.1 * room
    for axis in axes:
        axis.set_xlim(limits)
    for axis, (_, rows) in zip(axes, compared):
        if delta:
            axis.axvspan(-delta, delta, color="#f0e6b8", alpha=0.7, zorder=0, linewidth=0)
        axis.axvline(0, color=BASELINE, linewidth=1.3)
        for y, row in enumerate(rows):
            whisker(axis, y - 0.12, row.gap["difference"]["interval_95"], limits)
    outer_labels(axes, f"difference to {plain(baseline)} (points of test accuracy)", "")
    lost = [f"{row.variant} diverged{f' ({cell.label})' if cell.label else ''}" for cell, rows in compared for row in rows if row.gap["diverged"]]
    title = "; ".join(lost[:2] + [f"{len(lost) - 2} more"] * (len(lost) > 2) + [finding(*worst, baseline)])
    headline(figure, title)
    save(figure, stem)
    return (title + ". Bar: mean of the differences paired by seed; dots: seeds; line: 95 % t interval (an arrow leaves the axis)"
            + (f"; shaded: the margin of ± {delta} points." if delta else "."))


def finding(difference, variant, where, verdict, baseline):
    place = f" ({where})" if where else ""
    if verdict == "gap" and difference < 0:
        return f"{variant} loses {-difference:.2f} points to {baseline}{place}"
    return f"Largest loss to {baseline}: {max(0.0, -difference):.2f} points, {variant}{place}, {verdict}"


def words(row, delta):
    difference = row.gap["difference"]
    if row.gap["diverged"]:
        return f"{row.gap['diverged']} of {len(row.gap['runs'])} diverged"
    if not finite(difference["mean"]):
        return difference["verdict"]
    word = {"no gap larger than delta": f"no gap larger than {delta}"}.get(difference["verdict"], difference["verdict"])
    return f"{difference['mean']:+.2f}: {word}".replace("-", "\u2212", 1)


def whisker(axis, y, interval, limits):
    """The interval as a line; where it leaves the axis it ends in an arrow."""
    if not finite(interval[0]):
        return
    a, b = max(interval[0], limits[0]), min(interval[1], limits[1])
    axis.plot([a, b], [y, y], color="#222222", linewidth=1.5, zorder=3)
    for end, inside, mark in ((a, interval[0] >= limits[0], "<"), (b, interval[1] <= limits[1], ">")):
        axis.plot([end], [y], "|" if inside else mark, color="#222222", markersize=9 if inside else 7, clip_on=False, zorder=3)


def time_parts(runs):
    """Mean milliseconds per timed step of each part, over the runs: means, because they add up. None without timed steps."""
    means = []
    for run in runs:
        mask = timed_steps(run)
        if mask.any():
            parts = {key[:-2]: 1e3 * float(np.mean(run.steps[key][mask])) for key in TIME_PARTS if key in run.steps}
            means.append(parts | {"other": max(0.0, 1e3 * float(np.mean(run.steps["wall_s"][mask])) - sum(parts.values()))})
    return {part: float(np.mean([m.get(part, 0.0) for m in means])) for part in PART_COLOURS} if means else None


def where_time_goes(cells, looks, stem):
    """Milliseconds of a step by part, stacked, per variant."""
    table = [(cell, [(row.variant, time_parts(row.runs)) for row in cell.rows]) for cell in cells]
    if not any(parts for _, rows in table for _, parts in rows):
        return None
    figure, axes = bar_panels([len(rows) for _, rows in table], 0.44)
    longest = max(sum(parts.values()) for _, rows in table for _, parts in rows if parts)
    for axis, (cell, rows) in zip(axes, table):
        for y, (variant, parts) in enumerate(rows):
            left = 0.0
            for part, ms in (parts or {}).items():
                axis.barh(y, ms, left=left, height=0.62, color=PART_COLOURS[part])
                if ms > 0.075 * longest:
                    axis.text(left + ms / 2, y, f"{100 * ms / sum(parts.values()):.0f} %", ha="center", va="center", color="white", fontsize=9.5)
                left += ms
            axis.text(left + 0.012 * longest, y, f"{left:.3g} ms", va="center", fontsize=9.5, color="#444444")
        axis.set_yticks(range(len(rows)), [plain(variant) for variant, _ in rows])
        axis.invert_yaxis()
        axis.grid(False, axis="y")
        axis.set_xlim(0, longest * 1.16)
        title_panel(axis, cell)
    outer_labels(axes, "milliseconds per step, all nodes, on rank 0", "")
    shown = [p for p in PART_COLOURS if any(parts and parts[p] > 0.002 * longest for _, rows in table for _, parts in rows)]
    figure.legend([plt.Rectangle((0, 0), 1, 1, color=PART_COLOURS[p]) for p in shown], shown, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncol=len(shown),
                  handlelength=1, columnspacing=1.2)
    title = "Where the time of a step goes"
    headline(figure, title)
    save(figure, stem)
    return title + ". Means over the steps after warm-up, without those that evaluate or write a checkpoint."
