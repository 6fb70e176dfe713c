"""Figures of a sweep in which a dot is a run or an arm of the gap table: what was got against what it took. As those in figures.py, each is a
function from the cells to a file that returns its title, or None."""

from axes import finite, outer_labels, title_panel, zero_slot
from cells import variants_of
from style import BASELINE, headline, legend_of, panels, plain, plt, save


def controlled_phase(cell):
    """The phase that this panel is about: that of control.in_phase, else the first."""
    return int(cell.axes.get("control.in_phase") or 1)


def legend_dots(figure, looks, cells, marks=None):
    """A dot per variant, and a mark per cell where there are several."""
    names, several = variants_of(cells), {name: mark for name, mark in (marks or {}).items() if name}
    handles = [plt.Line2D([], [], color=looks[v][0], marker="o", linestyle="", markersize=8) for v in names]
    handles += [plt.Line2D([], [], color="#777777", marker=mark, linestyle="", markersize=8) for mark in several.values()]
    legend_of(figure, handles, [*names, *several], loc="upper center", bbox_to_anchor=(0.5, 0.0), ncol=min(len(handles), 4), handletextpad=0.3)


def accuracy_over_distance(cells, looks, stem):
    """Final accuracy against the mean Ξ of a phase: a dot per run, seeds joined, because only within a seed does the data agree."""
    usable = []
    for cell in cells:
        key = f"mean_consensus_distance_phase_{controlled_phase(cell)}"
        usable.append([(row, run, run.summary[key], row.accuracy[run.seed]) for row in cell.rows for run in row.runs
                       if finite(run.summary.get(key)) and run.seed in row.accuracy])
    if len({v for dots in usable for _, _, v, _ in dots}) < 2:
        return None
    figure, axes = panels(len(cells), sharey=True)
    for axis, cell, dots in zip(axes, cells, usable):
        at = zero_slot(axis, [v for _, _, v, _ in dots] or [1.0])
        at_zero = [row.variant for row in cell.rows if any(r is row and not v > 0 for r, _, v, _ in dots)]

        def place(row, v, at=at, at_zero=at_zero):  # side by side in the place of 0: else they hide each other
            return at(v) * (1 if v > 0 else 1.05 ** (at_zero.index(row.variant) - (len(at_zero) - 1) / 2))

        for seed in sorted({run.seed for _, run, _, _ in dots}):
            path = sorted((place(row, v), y) for row, run, v, y in dots if run.seed == seed)
            axis.plot(*zip(*path), color="#bbbbbb", linewidth=0.9, zorder=1)
        for row, run, v, y in dots:
            axis.plot([place(row, v)], [y], "o", color=looks[row.variant][0], markersize=8, markeredgecolor="white", zorder=3)
        title_panel(axis, cell)
    phases = {controlled_phase(cell) for cell in cells}
    which = f"phase {phases.pop()}" if len(phases) == 1 else "the controlled phase"
    outer_labels(axes, f"mean consensus distance Ξ in {which}", "final test accuracy (%)")
    legend_dots(figure, looks, cells)
    title = f"Final accuracy against the consensus distance of {which}"
    headline(figure, title)
    save(figure, stem)
    return title + ". A dot per run; grey lines join the runs of one seed; runs with Ξ = 0 stand side by side."


def cost_and_gap(cells, looks, stem, baseline):
    """What was spent (gossip rounds, bytes) against what was lost."""
    rows = [(cell, row) for cell in cells for row in cell.rows if row.baseline or (row.gap["difference"] and finite(row.gap["difference"]["mean"]))]
    if len(rows) < 2 or not any(not row.baseline for _, row in rows):
        return None
    figure, axes = plt.subplots(1, 2, figsize=(11, 4.6), sharey=True, layout="constrained")
    marks = dict(zip([cell.label for cell in cells], "osD^vPX*<>ph" * (1 + len(cells) // 12)))
    known = all(row.gap["gauge_bytes_to_decide"] is not None for _, row in rows)
    sent = {id(row): (row.gap["bytes_sent"] + (row.gap["gauge_bytes_to_decide"] if known else 0)) * 1e-9 for _, row in rows}
    sent_label = "GB sent between nodes" + (", with what control measured" if known else "; what control measured is not known")
    for axis, spent, label in ((axes[0], {id(row): row.gap["rounds"] for _, row in rows}, "gossip rounds of the run"), (axes[1], sent, sent_label)):
        at = zero_slot(axis, list(spent.values()))
        axis.axhline(0, color=BASELINE, linewidth=1)
        for cell, row in rows:
            d = row.gap["difference"] or {"mean": 0.0, "interval_95": (None, None)}
            x, colour = at(spent[id(row)]), looks[row.variant][0]
            axis.plot([x], [d["mean"]], marks[cell.label], color=colour, markersize=9, markeredgecolor="white", zorder=3)
            if finite(d["interval_95"][0]):
                axis.plot([x, x], d["interval_95"], color=colour, linewidth=1.4, alpha=0.7, zorder=2)
        axis.set_xlabel(label)
    means = [row.gap["difference"]["mean"] for _, row in rows if not row.baseline]
    reach = max(max(means + [0]) - min(means + [0]), 0.2)
    axes[0].set_ylim(min(means + [0]) - 0.4 * reach, max(means + [0]) + 0.4 * reach)
    axes[0].set_ylabel(f"difference to {plain(baseline)} (points)")
    legend_dots(figure, looks, cells, marks)
    title = f"What the gap to {baseline} costs to close"
    headline(figure, title)
    save(figure, stem)
    return (title + ". Means over seeds; vertical lines: 95 % interval of the paired difference. Rounds are 0 where averaging is exact: "
            "its traffic is in the bytes.")
