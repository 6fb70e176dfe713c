"""The pictures that stand on the page without JavaScript: curves, cost against gap, metric against the distance, gap against n. Scripts replace the
first two by ones that can be used."""

import numpy as np

from cells import controlled_phase, distance_key, telling_axes

from .colours import dash_of
from .curves import medians, stretches, thin
from .effects import final
from .svg import Scale, frame, polyline, title
from .text import escape, short

POINTS = 90


def means(row, one):
    """(x, mean over seeds) of the points that all runs of a row have; `one` gives x and y of a run."""
    lines = [line for run in row.runs if (line := one(run))]
    if not lines:
        return [], []
    count = min(len(x) for x, _ in lines)
    with np.errstate(all="ignore"):
        values = np.array([y[:count] for _, y in lines])
        return lines[0][0][:count], values.mean(axis=0)


def curves(cell, looks, places, one, x_label, y_label, log, most=None):
    found = [(row, *means(row, one)) for row in cell.rows]
    shown = lambda v: np.isfinite(v) and (v > 0 or not log)
    values = [v for _, _, y in found for v in y if shown(v)]
    if not values:
        return ""
    if log:
        values = [v for v in values if v >= 1e-5 * max(values)]  # rounding noise would take up the axis
    x, y = Scale([v for _, at, _ in found for v in at], pad=0.01), Scale(values, log)
    inner = ""
    for row, at, value in found:
        points = [(x(a), y(v)) for a, v in zip(at, value) if shown(v) and v >= min(values)]
        if points:
            inner += f'<g data-v="{places[row.variant]}">{polyline(points, " ".join(map(str, dash_of(looks[row.variant]))))}</g>'
    return frame(x, y, inner, x_label, y_label, 240, name=f"{y_label} over {x_label}")


def distance_curve(run):
    steps = run.steps
    return stretches(len(steps["step"]), POINTS)[0], medians(steps["consensus_distance"], POINTS)


def metric_curve(metric):
    def one(run):
        if metric.key not in run.evaluations or not len(run.evaluations["step"]):
            return None
        kept = thin(len(run.evaluations["step"]), POINTS)
        return run.evaluations["epoch"][kept].astype(float), run.evaluations[metric.key][kept]
    return one


def static_curves(cells, looks, places, metric):
    cell = cells[0]
    out = curves(cell, looks, places, distance_curve, "step", "Ξ after mixing", True)
    if metric:
        out = curves(cell, looks, places, metric_curve(metric), "epoch", metric.labelled, metric.log) + out
    return out + (f'<p class="note">{escape(cell.label)}; the other cells are in the CSV files.</p>' if len(cells) > 1 else "")


def dot(x, y, text, extra=""):
    """In the colour of the variant that it is in, or that `extra` names."""
    return f'<circle{extra} cx="{x:.2f}%" cy="{100 - y:.2f}%" r="6">{title(text)}</circle>'


def cost(cells, effects, places, metric):
    """Modelled seconds against the difference; the script moves the dots when the network changes."""
    arms = [(c, k, row, 0.0 if row.baseline else e.mean) for c, (cell, found) in enumerate(zip(cells, effects)) for k, (row, e) in enumerate(zip(cell.rows, found))
            if (row.baseline or e.mean is not None) and row.gap["modelled_s"]]
    if metric is None or len({row.variant for _, _, row, _ in arms}) < 2:
        return ""
    x, y = Scale([row.gap["modelled_s"] for _, _, row, _ in arms], True), Scale([d for *_, d in arms])
    dots = "".join(dot(x(row.gap["modelled_s"]), y(d), f"{row.variant}{', ' + cells[c].label if cells[c].label else ''}: {metric.difference(d)}, {row.gap['modelled_s']:.3g} s",
                       f' data-v="{places[row.variant]}" data-c="{c}" data-r="{k}"') for c, k, row, d in arms)
    label = metric.axis_of_differences
    return frame(x, y, f'<svg class="front" viewBox="0 0 100 100" preserveAspectRatio="none" width="100%" height="100%"><path class="line" d=""/></svg>{dots}',
                 "modelled seconds of communication", label, 300, "cost", "difference to the baseline against modelled seconds")


def over_distance(cells, places, metric):
    """Final metric against the mean distance of the phase that is controlled, else of phase 1: a dot per run."""
    out = []
    for cell in cells:
        key = distance_key(cell)
        runs = [(row, run, run.summary[key], value) for row in cell.rows for run in row.runs
                if np.isfinite(run.summary.get(key, np.nan)) and (value := final(run, metric)) is not None]
        if len({v for _, _, v, _ in runs}) < 2:
            continue
        x, y = Scale([v for _, _, v, _ in runs]), Scale([value for *_, value in runs], metric.log)
        beside = lambda row, v: 0.0 if v > 0 else 1.4 * (at_zero.index(row.variant) - (len(at_zero) - 1) / 2)  # in percent of the axis: else they hide each other
        at_zero = list(dict.fromkeys(row.variant for row, _, v, _ in runs if not v > 0))
        dots = "".join(f'<g data-v="{places[row.variant]}">' + "".join(dot(x(v) + beside(row, v), y(value), f"{row.variant}, seed {run.seed}: {metric.value(value)} at Ξ = {short(v)}")
                                                                       for other, run, v, value in runs if other is row) + "</g>" for row in cell.rows)
        out.append(f'<div>{"<h4>" + escape(cell.label) + "</h4>" if cell.label else ""}' + frame(x, y, dots, f"mean Ξ of phase {controlled_phase(cell)}", metric.labelled, 240, name="metric against distance") + "</div>")
    return "".join(out)


def over_nodes(cells, effects, looks, places, metric):
    """Difference against the number of nodes, where the sweep varies it; one line per arm and combination of the other axes."""
    others, lines = telling_axes(cells, lambda cell: cell.axes.get("train.nodes")), {}
    for cell, found in zip(cells, effects):
        for row, e in zip(cell.rows, found):
            if e.mean is not None and "train.nodes" in cell.axes:
                rest = tuple(cell.axes[key] for key in others)
                lines.setdefault((row.variant, rest), []).append((float(cell.axes["train.nodes"]), e))
    if len({n for line in lines.values() for n, _ in line}) < 2:
        return ""
    counts = sorted({n for line in lines.values() for n, _ in line})
    x = Scale(counts, True, at=counts)
    y = Scale([v for line in lines.values() for _, e in line for v in (e.mean, 0.0, *([e.low, e.high] if e.low is not None else []))])
    inner = ""
    for (variant, rest), line in lines.items():
        place, line = places[variant], sorted(line, key=lambda point: point[0])
        bars = "".join(f'<line class="whisker" x1="{x(n)}%" x2="{x(n)}%" y1="{100 - y(e.low):.2f}%" y2="{100 - y(e.high):.2f}%"/>' for n, e in line if e.low is not None)
        inner += (f'<g data-v="{place}">' + polyline([(x(n), y(e.mean)) for n, e in line], " ".join(map(str, dash_of(looks[variant])))) + bars
                  + "".join(dot(x(n), y(e.mean), f"{variant}{', ' + ', '.join(rest) if rest else ''}, n = {n:g}: {e.shown(metric)}") for n, e in line) + "</g>")
    return frame(x, y, inner, "nodes n", metric.axis_of_differences, 260, name="difference against the number of nodes")
