"""Figures with a line per arm: the forest plot of the differences to the baseline, and where the time of a step goes."""

import numpy as np

from axes import finite, outer_labels, title_panel
from page.timing import parts_in, parts_of, warnings_of
from style import BASELINE, Paper, bar_panels, colours_of_parts, explain, headline, legend_of, plain, plt, points, save, thick


def gap(cells, looks, stem, delta, baseline):
    """The paired difference to the baseline as a forest plot: mean, 95 % interval and seeds on one height, the margin shaded, the verdict at the right."""
    metric = cells[0].metric
    shown = lambda row: row.gap["difference"] and (finite(row.gap["difference"]["mean"]) or row.gap["diverged"])
    compared = [(cell, rows) for cell in cells if (rows := [row for row in cell.rows if shown(row)])]
    if not any(finite(row.gap["difference"]["mean"]) for _, rows in compared for row in rows):
        return None
    figure, axes = bar_panels([len(rows) for _, rows in compared], 0.42)
    reach, ends, worst = [0.0], [], None
    for axis, (cell, rows) in zip(axes, compared):
        base = next(row for row in cell.rows if row.baseline).final
        for y, row in enumerate(rows):
            d = row.gap["difference"]
            if row.gap["diverged"] or not finite(d["mean"]):  # there is no mean
                continue
            look = looks[row.variant]
            dots = [value - base[seed] for seed, value in row.final.items() if seed in base]
            axis.plot(dots, np.full(len(dots), y), "o", color="white", markersize=thick(6), markeredgecolor=look.colour, markeredgewidth=thick(1.3), zorder=4)
            axis.plot([d["mean"]], [y], "D", color=look.colour, markersize=thick(9), markeredgecolor="white", markeredgewidth=thick(1), zorder=5)
            reach += [d["mean"], *dots]
            ends += [end for end in d["interval_95"] if finite(end)]
            if worst is None or metric.loss(d["mean"]) > metric.loss(worst[0]):
                worst = (d["mean"], row.variant, cell.label, d["verdict_of_table"])  # the worst of all: a statement about the table
        axis.set_yticks(range(len(rows)), [plain(row.variant) for row in rows])
        axis.set_ylim(len(rows) - 0.5, -0.5)  # also where a row has no mean
        axis.grid(False, axis="y")
        title_panel(axis, cell)
    low, high = min(reach + [-1.3 * (delta or 0)]), max(reach + [1.3 * (delta or 0)])
    room = 0.6 * (high - low)  # an interval of two seeds may be ten times as long as all differences
    limits = max(low - room, min(ends + [low])) - 0.1 * room, min(high + room, max(ends + [high])) + 0.1 * room
    for axis in axes:
        axis.set_xlim(limits)
    for axis, (_, rows) in zip(axes, compared):
        if delta:
            axis.axvspan(-delta, delta, color="#f0e6b8", alpha=0.7, zorder=0, linewidth=0)
        axis.axvline(0, color=BASELINE, linewidth=thick(1.3))
        for y, row in enumerate(rows):
            whisker(axis, y, row.gap["difference"]["interval_95"], limits, looks[row.variant].colour)
            axis.annotate(words(row, delta, metric), (1.02, y), xycoords=("axes fraction", "data"), va="center", fontsize=points(9.5), color="#333333", annotation_clip=False)
    outer_labels(axes, gap_label(baseline, metric), "")
    lost = [f"{row.variant} diverged{f' ({cell.label})' if cell.label else ''}" for cell, rows in compared for row in rows if row.gap["diverged"]]
    title = "; ".join(lost[:2] + [f"{len(lost) - 2} more"] * (len(lost) > 2) + [finding(*worst, baseline, metric)])
    what = ("Diamond: mean of the differences paired by seed; circles: seeds; line: 95 % t interval (an arrow leaves the axis)" + (f"; shaded: the margin of ± {metric.margin(delta)}" if delta else "")
            + "; *: the word holds for all rows at once (Holm).")
    headline(figure, title)
    explain(figure, what)
    save(figure, stem)
    return f"{title}. {what}"


def gap_label(baseline, metric):
    of = "" if Paper.name else f"of {metric.label}" if metric.percent else metric.label
    unit = " ".join(part for part in (metric.points, of) if part)
    return f"difference to {plain(baseline)}" + (f" ({unit})" if unit else "")


def finding(difference, variant, where, verdict, baseline, metric):
    lost = metric.loss(difference)
    place = f" ({where})" if where else ""
    if verdict == "gap" and lost > 0:
        return f"{variant} loses {metric.amount(lost)} to {baseline}{place}"
    if verdict == "undecided":
        return f"No gap to {baseline} is shown for all rows at once; the largest mean loss is {metric.amount(max(0.0, lost))}, {variant}{place}"
    return f"Largest loss to {baseline}: {metric.amount(max(0.0, lost))}, {variant}{place}, {verdict}"


def words(row, delta, metric):
    difference = row.gap["difference"]
    if row.gap["diverged"]:
        return f"{row.gap['diverged']} of {len(row.gap['runs'])} diverged"
    if not finite(difference["mean"]):
        return difference["verdict"]
    word = {"no gap larger than delta": "no gap" if Paper.name or not delta else f"no gap > {delta:g}"}.get(difference["verdict"], difference["verdict"])
    mark = " *" if difference["verdict"] != "undecided" and difference["verdict_of_table"] == difference["verdict"] else ""
    return f"{metric.number(difference['mean'], '+')}  {word}{mark}".replace("-", "\u2212", 1)


def whisker(axis, y, interval, limits, colour):
    """The interval as a line; where it leaves the axis it ends in an arrow."""
    if not finite(interval[0]):
        return
    a, b = max(interval[0], limits[0]), min(interval[1], limits[1])
    axis.plot([a, b], [y, y], color=colour, linewidth=thick(2), zorder=3)
    for end, inside, mark in ((a, interval[0] >= limits[0], "<"), (b, interval[1] <= limits[1], ">")):
        axis.plot([end], [y], "|" if inside else mark, color=colour, markersize=thick(9 if inside else 7), clip_on=False, zorder=3)


def time_parts(runs):
    """Mean milliseconds per timed step of each part, over the runs: means, because they add up. None without timed steps."""
    means = [parts for run in runs if (parts := parts_of(run))]
    return {part: float(np.mean([m.get(part, 0.0) for m in means])) for part in parts_in(runs)} if means else None


def where_time_goes(cells, looks, stem):
    """Milliseconds of a step by part, stacked, per variant, with a dot per run; says where the machine was loaded, since then these are its times."""
    table = [(cell, [(row, time_parts(row.runs)) for row in cell.rows]) for cell in cells]
    if not any(parts for _, rows in table for _, parts in rows):
        return None
    figure, axes = bar_panels([len(rows) for _, rows in table], 0.5)
    colours = colours_of_parts(parts_in(run for cell in cells for row in cell.rows for run in row.runs))
    totals = lambda row: [sum(parts.values()) for run in row.runs if (parts := parts_of(run))]
    longest = max(total for _, rows in table for row, _ in rows for total in totals(row))
    for axis, (cell, rows) in zip(axes, table):
        for y, (row, parts) in enumerate(rows):
            left = 0.0
            for part, ms in (parts or {}).items():
                axis.barh(y, ms, left=left, height=0.5, color=colours[part], edgecolor="white", linewidth=0.4)
                if ms > (0.12 if Paper.name else 0.06) * longest:
                    axis.text(left + ms / 2, y, f"{100 * ms / sum(parts.values()):.0f} %", ha="center", va="center", color="white", fontsize=points(9))
                left += ms
            found = totals(row)
            axis.plot(found, np.full(len(found), y + 0.36), "o", color="white", markeredgecolor=BASELINE, markeredgewidth=thick(1.1), markersize=thick(5), clip_on=False, zorder=4)
            axis.text(max([left, *found]) + 0.02 * longest, y, f"{left:.3g} ms", va="center", fontsize=points(9.5), color="#444444")
        axis.set_yticks(range(len(rows)), [plain(row.variant) for row, _ in rows])
        axis.set_ylim(len(rows) - 0.4, -0.5)
        axis.grid(False, axis="y")
        axis.set_xlim(0, longest * 1.18)
        title_panel(axis, cell)
    outer_labels(axes, "milliseconds per step" + ("" if Paper.name else ", all nodes, on rank 0"), "")
    shown = [p for p in colours if any(parts and parts.get(p, 0) > 0.002 * longest for _, rows in table for _, parts in rows)]
    legend_of(figure, [plt.Rectangle((0, 0), 1, 1, color=colours[p]) for p in shown], shown, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncol=len(shown),
              handlelength=1, columnspacing=1.2)
    title = "Where the time of a step goes"
    warned = warnings_of(cells, list({run.id: run for cell in cells for row in cell.rows for run in row.runs}.values()))
    what = "Bar: mean of the runs by part, over the steps after warm-up, without those that evaluate or write a checkpoint; circles: each run." + "".join(f" {line}" for line in warned)
    headline(figure, title)
    explain(figure, what)
    save(figure, stem)
    return f"{title}. {what}"
