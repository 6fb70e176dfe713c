"""Figures of a sweep in which a dot is a run or an arm of the gap table: what was got against what it took. As those in figures.py, each is a
function from the cells to a file that returns its title, or None."""

from axes import difference_label, finite, outer_labels, title_panel, zero_slot
from cells import controlled_phase, distance_key, variants_of
from rank_order import sentence
from style import BASELINE, canvas, explain, headline, legend_of, panels, plt, save, thick

LATENCY, BANDWIDTH = 50e-6, 1.25e9  # s per message, B/s: those of xibench gap, TCP over 10 Gbit/s Ethernet


def legend_dots(figure, looks, cells, marks=None):
    """A dot per variant, and a mark per cell where there are several."""
    names, several = variants_of(cells), {name: mark for name, mark in (marks or {}).items() if name}
    handles = [plt.Line2D([], [], color=looks[v].colour, marker=looks[v].marker, linestyle="", markersize=thick(8)) for v in names]
    handles += [plt.Line2D([], [], color="#777777", marker=mark, linestyle="", markersize=thick(8)) for mark in several.values()]
    legend_of(figure, handles, [*names, *several], loc="upper center", bbox_to_anchor=(0.5, 0.0), ncol=min(len(handles), 4), handletextpad=0.3)


def score_over_distance(cells, looks, stem):
    """The final value of the metric against the mean Ξ of a phase: a dot per run, seeds joined, because only within a seed does the data agree."""
    usable = []
    for cell in cells:
        key = distance_key(cell)
        usable.append([(row, run, run.summary[key], row.final[run.seed]) for row in cell.rows for run in row.runs
                       if finite(run.summary.get(key)) and run.seed in row.final])
    if len({v for dots in usable for _, _, v, _ in dots}) < 2:
        return None
    figure, axes = panels(len(cells), sharey=True)
    for axis, cell, dots in zip(axes, cells, usable):
        at = zero_slot(axis, [v for _, _, v, _ in dots] or [1.0])
        at_zero = [row.variant for row in cell.rows if any(r is row and not v > 0 for r, _, v, _ in dots)]

        def place(row, v, at=at, at_zero=at_zero):  # side by side in the place of 0: else they hide each other
            return at(v) * (1 if v > 0 else 1.12 ** (at_zero.index(row.variant) - (len(at_zero) - 1) / 2))

        for seed in sorted({run.seed for _, run, _, _ in dots}):
            path = sorted((place(row, v), y) for row, run, v, y in dots if run.seed == seed)
            axis.plot(*zip(*path), color="#bbbbbb", linewidth=thick(0.9), zorder=1)
        for row, run, v, y in dots:
            axis.plot([place(row, v)], [y], looks[row.variant].marker, color=looks[row.variant].colour, markersize=thick(8), markeredgecolor="white", zorder=3)
        title_panel(axis, cell)
    phases = {controlled_phase(cell) for cell in cells}
    which = f"phase {phases.pop()}" if len(phases) == 1 else "the controlled phase"
    outer_labels(axes, f"mean consensus distance Ξ in {which}", cells[0].metric.labelled(f"final {cells[0].metric.label}"))
    legend_dots(figure, looks, cells)
    title = f"Final {cells[0].metric.words} against the consensus distance of {which}"
    what = "A dot per run; grey lines join the runs of one seed; runs with Ξ = 0 stand side by side, left of the dashed line." + sentence(cells)
    headline(figure, title)
    explain(figure, what)
    save(figure, stem)
    return f"{title}. {what}"


def seconds_of(row, latency, bandwidth):
    """Communication of a run in Hockney's model, as xibench gap has it (harness/gap/README.md): messages that wait for one another, and their bytes."""
    traffic = row.gap["traffic"]
    if not finite(traffic.get("serial_messages")) or not finite(traffic.get("serial_bytes")):
        return None
    return traffic["serial_messages"] * latency + traffic["serial_bytes"] / bandwidth


def front(points, higher=True):
    """Of (cost, value) pairs those that no other beats in both, by cost."""
    kept = []
    sign = 1 if higher else -1
    for cost, value in sorted(points, key=lambda p: (p[0], -sign * p[1])):
        if not kept or sign * value > sign * kept[-1][1]:
            kept.append((cost, value))
    return kept


def cost_and_gap(cells, looks, stem, baseline, latency=LATENCY, bandwidth=BANDWIDTH):
    """What was spent (bytes, modelled seconds of communication) against the difference to the baseline, with the Pareto front."""
    rows = [(cell, row) for cell in cells for row in cell.rows if row.baseline or (row.gap["difference"] and finite(row.gap["difference"]["mean"]))]
    if len(rows) < 2 or not any(not row.baseline for _, row in rows):
        return None
    marks = dict(zip([cell.label for cell in cells], "osD^vPX*<>ph" * (1 + len(cells) // 12)))
    known = all(row.gap["gauge_bytes_to_decide"] is not None for _, row in rows)
    sent = {id(row): (row.gap["bytes_sent"] + (row.gap["gauge_bytes_to_decide"] if known else 0)) * 1e-9 for _, row in rows}
    seconds = {id(row): seconds_of(row, latency, bandwidth) for _, row in rows}
    shown = [(sent, "GB sent between nodes" + (", with what control measured" if known else "; what control measured is not known"))]
    if all(value is not None for value in seconds.values()):
        shown.append((seconds, "modelled seconds of communication"))
    figure, axes = plt.subplots(1, len(shown), figsize=canvas(5.6 * len(shown), 4.6), sharey=True, layout="constrained", squeeze=False)
    value_of = lambda row: 0.0 if row.baseline else row.gap["difference"]["mean"]
    means = [value_of(row) for _, row in rows]
    reach = max(max(means + [0]) - min(means + [0]), 0.2 if cells[0].metric.percent else 1e-12)
    limits = min(means + [0]) - 0.4 * reach, max(means + [0]) + 0.4 * reach
    for axis, (spent, label) in zip(axes.flat, shown):
        at = zero_slot(axis, list(spent.values()))
        axis.axhline(0, color=BASELINE, linewidth=thick(1))
        for cell, row in rows:
            d = row.gap["difference"] or {"interval_95": (None, None)}
            x, look = at(spent[id(row)]), looks[row.variant]
            axis.plot([x], [value_of(row)], marks[cell.label] if len(cells) > 1 else look.marker, color=look.colour, markersize=thick(9), markeredgecolor="white", zorder=3)
            if not row.baseline and finite(d["interval_95"][0]):
                low, high = max(d["interval_95"][0], limits[0]), min(d["interval_95"][1], limits[1])
                axis.plot([x, x], [low, high], color=look.colour, linewidth=thick(1.4), alpha=0.7, zorder=2)
                for end, cut, mark in ((low, low > d["interval_95"][0], "v"), (high, high < d["interval_95"][1], "^")):
                    axis.plot([x], [end], mark if cut else "_", color=look.colour, markersize=thick(6), clip_on=False, zorder=2)
        for label_of in dict.fromkeys(cell.label for cell, _ in rows):  # arms of one cell did the same task
            best = front([(at(spent[id(row)]), value_of(row)) for cell, row in rows if cell.label == label_of], cells[0].metric.higher)
            axis.plot(*zip(*best), color="#8a8a8a", linewidth=thick(1.2), drawstyle="steps-post", zorder=1)
        axis.set_xlabel(label)
    axes.flat[0].set_ylim(limits)
    axes.flat[0].set_ylabel(difference_label(baseline, cells[0].metric))
    legend_dots(figure, looks, cells, marks)
    title = f"What it costs to come near {baseline}"
    what = "Means over seeds; vertical lines: 95 % interval of the paired difference (an arrow leaves the axis); grey: the Pareto front, arms that no other beats in both."
    if len(shown) > 1:
        what += f" Seconds are modelled, not measured: messages that wait for one another × {1e6 * latency:.3g} µs + their bytes / {1e-9 * bandwidth:.3g} GB/s (harness/gap/README.md); no computing."
    headline(figure, title)
    explain(figure, what)
    save(figure, stem)
    return f"{title}. {what}"
