"""Figures over training: each is a function from the cells of the gap table to a file (style.save). It returns its caption, or None when
the runs hold nothing that it could draw."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from scipy import stats

from axes import difference_label, finite, outer_labels, plain_log_ticks, title_panel
from cells import variants_of
from kept_runs import is_kept
from style import BASELINE, explain, headline, legend, panels, plt, save, thick

POINTS = 500  # more per line than a screen shows only make the file large
SEEDS = 12    # more light lines than these cover each other


def condense(x, y):
    """At most POINTS points, each the median of its stretch; NaN where that has no finite value. Stretches differ in length by one at most."""
    if len(x) <= POINTS:
        return x, y
    short, longer = divmod(len(x), POINTS)
    border = longer * (short + 1)  # the longer ones come first
    firsts = np.concatenate([x[:border:short + 1], x[border::short]])
    return firsts, np.concatenate([medians_of_rows(y[:border].reshape(longer, short + 1)), medians_of_rows(y[border:].reshape(POINTS - longer, short))])


def medians_of_rows(stretches):
    """Without their NaNs; NaN of a row without a finite value."""
    found, known = np.full(len(stretches), np.nan), np.isfinite(stretches).any(axis=1)
    with np.errstate(all="ignore"):  # shortly before a run diverges, the mean of two values may be too large
        found[known] = np.nanmedian(stretches[known], axis=1) if known.any() else np.nan
    return found


def across_seeds(lines):
    """(x, matrix of seeds by points) over the steps that all seeds have."""
    count = min(len(x) for x, _ in lines)
    return lines[0][0][:count], np.array([y[:count] for _, y in lines])


def consensus_distance(cells, looks, stem):
    """Ξ over steps: a light line per seed, the median strong, phase boundaries dotted."""
    figure, axes = panels(len(cells), sharey=True)
    drawn, empty, smallest, largest, targeted = [], {}, np.inf, 0.0, False  # empty: why nothing is drawn
    for axis, cell in zip(axes, cells):
        known_runs = set()
        for row in cell.rows:
            lines = [condense(run.steps["step"].astype(float), np.where(run.steps["consensus_distance"] > 0, run.steps["consensus_distance"], np.nan))
                     for run in row.runs]
            if not lines or not any(np.isfinite(y).any() for _, y in lines):
                known = any(np.isfinite(run.steps["consensus_distance"]).any() for run in row.runs)
                empty[row.variant] = "Ξ = 0" if known else "not measured"
                continue
            colour, dash, _ = looks[row.variant]
            if (key := tuple(sorted(run.id for run in row.runs))) in known_runs:  # one set of runs under two names: the later is drawn dashed on top
                dash = (0, (1, 3))
            known_runs.add(key)
            for x, y in lines[:SEEDS]:
                axis.plot(x, y, color=colour, linewidth=thick(0.8), alpha=0.4)
            x, values = across_seeds(lines)
            measured = np.isfinite(values).any(axis=0)
            middle = np.full(len(x), np.nan)
            middle[measured] = np.nanmedian(values[:, measured], axis=0)
            axis.plot(x, middle, color=colour, linestyle=dash, linewidth=thick(2))
            aims = targets_of(row)
            for first, last, target in aims:
                axis.plot([first, last], [target, target], color=colour, linewidth=thick(1.3), linestyle=(0, (1, 1.2)), zorder=1.5)
                axis.plot([first, last], [target, target], "|", color=colour, markersize=thick(7), zorder=1.5)
            targeted = targeted or bool(aims)
            drawn.append(row.variant)
            largest = max(largest, np.nanmax(middle))
            smallest = min(smallest, np.nanpercentile(middle, 2))
        for boundary in {phase["first_step"] for row in cell.rows for run in row.runs for phase in run.phases if phase["first_step"] > 0}:
            axis.axvline(boundary, color="#999999", linewidth=thick(1), linestyle=":")
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
    light = "each seed" if all(len(row.runs) <= SEEDS for cell in cells for row in cell.rows) else f"the first {SEEDS} seeds"
    what = (f"Light: {light}; strong: the median; vertical dots: phase boundaries; gaps: exact averaging, where Ξ = 0, or not measured."
            + (" Horizontal dots between bars: the target of a phase." if targeted else "")
            + (" Of kept runs, the distance at evaluations is known." if any(is_kept(run.path) for cell in cells for row in cell.rows for run in row.runs) else ""))
    headline(figure, title)
    explain(figure, what)
    save(figure, stem)
    return f"{title}. {what}"


def targets_of(row):
    """(first step, last step, Ξ) of the phases in which some policy of these runs aims at a distance: the mean over seeds."""
    out = []
    for phases in zip(*(run.phases for run in row.runs)):
        aims = [phase["target"] for phase in phases if phase.get("target") is not None and phase["target"] > 0]
        if aims:
            out.append((phases[0]["first_step"], phases[0]["last_step"], float(np.mean(aims))))
    return out


def band(values):
    """Mean over seeds (rows), and half the width of its 95 % t interval; NaN for one seed."""
    count = len(values)
    half = stats.t.ppf(0.975, count - 1) * values.std(axis=0, ddof=1) / count ** 0.5 if count > 1 else np.full(values.shape[1], np.nan)
    return values.mean(axis=0), half


BAND = "Line: mean over seeds; band or vertical bars (side by side): its 95 % t interval"


def score_lines(row, metric):
    lines = [(run.evaluations["epoch"].astype(float), run.evaluations[metric.column]) for run in row.runs if metric.column in run.evaluations]
    return lines if lines and any(np.isfinite(y).any() for _, y in lines) else []


def draw_band(axis, look, x, values, place=0.0):
    """The mean with its interval: a band, or, of few points, bars that stand side by side, `place` from -1 to 1: bands on each other hide each other."""
    middle, half = band(values)
    few = 1 < len(x) < 30
    if few:
        x = x + 0.2 * place * np.diff(x).min()
        known = np.isfinite(middle) & np.isfinite(half)  # of one seed there is no interval
        axis.vlines(x[known], (middle - half)[known], (middle + half)[known], color=look.colour, linewidth=thick(1.4), alpha=0.6)
    else:
        axis.fill_between(x, middle - half, middle + half, color=look.colour, alpha=0.15, linewidth=0)
    axis.plot(x, middle, color=look.colour, linestyle=look.dash, linewidth=thick(2), marker=look.marker if few else None, markersize=thick(4.5))
    return middle


def places_of(cell):
    """variant -> -1 to 1, in order."""
    names = [row.variant for row in cell.rows]
    return {name: 2 * k / (len(names) - 1) - 1 if len(names) > 1 else 0.0 for k, name in enumerate(names)}


def score(cells, looks, stem):
    """The metric of the mean model on the test set over epochs: the mean over seeds with its interval."""
    metric = cells[0].metric
    figure, axes = panels(len(cells), sharey=True)
    late, seen = [], []
    for axis, cell in zip(axes, cells):
        for row in cell.rows:
            if lines := score_lines(row, metric):
                x, values = across_seeds(lines)
                middle = draw_band(axis, looks[row.variant], x, values, places_of(cell)[row.variant])
                late += list(middle[len(x) // 4:])
                seen += list(middle)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.ticklabel_format(axis="y", useOffset=False)
        title_panel(axis, cell)
    if not np.isfinite(late).any():
        plt.close(figure)
        return None
    spread = np.nanmax(late) - np.nanmin(late)
    below, above = np.nanmin(seen) < np.nanmin(late) - 2 * spread, np.nanmax(seen) > np.nanmax(late) + 2 * spread
    cut = below if metric.higher else above  # a steep start would press all lines together
    if cut:
        room = 0.12 * spread + (0.1 if metric.percent else 0.02 * abs(np.nanmax(late)))
        axes[0].set_ylim(np.nanmin(late) - room, min(np.nanmax(late) + room, 100.5) if metric.percent else np.nanmax(late) + room)
    outer_labels(axes, "epoch", metric.labelled(f"{metric.label}, mean model"))
    legend(figure, looks, variants_of(cells))
    title = f"{metric.label.capitalize()} of the mean model over epochs"
    what = BAND + "." + (" The start of training lies " + ("below" if metric.higher else "above") + " the axis." if cut else "")
    headline(figure, title)
    explain(figure, what)
    save(figure, stem)
    return f"{title}. {what}"


def score_difference(cells, looks, stem, delta, baseline):
    """The metric minus that of the baseline at the same evaluation, paired by seed, over epochs: where lines lie on each other, this shows the gap."""
    metric = cells[0].metric
    figure, axes = panels(len(cells), sharey=True)
    late, names = [], []
    for axis, cell in zip(axes, cells):
        base = {run.seed: run for row in cell.rows if row.baseline for run in row.runs}
        for row in cell.rows:
            pairs = [(run, base[run.seed]) for run in row.runs if run.seed in base and metric.column in run.evaluations and metric.column in base[run.seed].evaluations] if not row.baseline else []
            lines = []
            for run, other in pairs:
                count = min(len(run.evaluations["epoch"]), len(other.evaluations["epoch"]))
                lines.append((run.evaluations["epoch"][:count].astype(float), run.evaluations[metric.column][:count] - other.evaluations[metric.column][:count]))
            if not lines or not any(np.isfinite(y).any() for _, y in lines):
                continue
            x, values = across_seeds(lines)
            middle = draw_band(axis, looks[row.variant], x, values, places_of(cell)[row.variant])
            late += list(middle[len(x) // 3:])
            names.append(row.variant)
        if delta:
            axis.axhspan(-delta, delta, color="#f0e6b8", alpha=0.7, zorder=0, linewidth=0)
        axis.axhline(0, color=BASELINE, linewidth=thick(1.3))
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        title_panel(axis, cell)
    if not finite(np.nanmax(late) if len(late) else None):
        plt.close(figure)
        return None
    low, high = min(np.nanmin(late), -(delta or 0)), max(np.nanmax(late), delta or 0)
    least = 0.05 if metric.percent else 1e-12 + 0.02 * (high - low)
    axes[0].set_ylim(low - 0.35 * (high - low) - least, high + 0.35 * (high - low) + least)
    outer_labels(axes, "epoch", difference_label(baseline, metric))
    legend(figure, looks, list(dict.fromkeys(names)))
    title = f"{metric.words.capitalize()} beside {baseline} over training, paired by seed"
    what = BAND + (f"; shaded: the margin of ± {metric.margin(delta)}" if delta else "") + ". Early differences may lie outside of the axis."
    headline(figure, title)
    explain(figure, what)
    save(figure, stem)
    return f"{title}. {what}"


def rounds_over_time(cells, looks, stem):
    """Gossip rounds per step over steps: what a policy that aims at a distance spends, and when."""
    figure, axes = panels(len(cells), sharey=True)
    most, names = 0, []
    for axis, cell in zip(axes, cells):
        for row in cell.rows:
            if not any(run.steps.get("gossip_rounds", np.zeros(1)).any() for run in row.runs):  # kept runs do not say
                continue
            x, values = across_seeds([condense(run.steps["step"].astype(float), run.steps["gossip_rounds"].astype(float)) for run in row.runs])
            look = looks[row.variant]
            axis.plot(x, values.mean(axis=0), color=look.colour, linestyle=look.dash, linewidth=thick(3.6 - 2.2 * (1 + places_of(cell)[row.variant]) / 2), drawstyle="steps-mid")
            most = max(most, values.max())
            names.append(row.variant)
        for boundary in {phase["first_step"] for row in cell.rows for run in row.runs for phase in run.phases if phase["first_step"] > 0}:
            axis.axvline(boundary, color="#999999", linewidth=thick(1), linestyle=":")
        title_panel(axis, cell)
    if most <= 1:  # nothing to see: one round, or exact averaging
        plt.close(figure)
        return None
    if most > 12:
        axes[0].set_yscale("symlog", linthresh=1)
        axes[0].set_ylim(0, 1.5 * most)
        axes[0].set_yticks([0, *(t for t in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if t <= 1.5 * most)])
        axes[0].yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes[0].yaxis.set_minor_locator(plt.NullLocator())
    else:
        axes[0].set_ylim(0, 1.15 * most)
    outer_labels(axes, "step", "gossip rounds per step")
    legend(figure, looks, list(dict.fromkeys(names)))
    title = "Gossip rounds per step over training"
    what = "Line: mean over seeds (the median of neighbouring steps where there are more than 500); vertical dots: phase boundaries; 0: exact averaging. Arms without gossip are left out."
    headline(figure, title)
    explain(figure, what)
    save(figure, stem)
    return f"{title}. {what}"
