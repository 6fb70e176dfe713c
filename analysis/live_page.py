"""Runs under way as one page that loads itself again: what each run says of itself, and its curves so far."""

import time

import numpy as np

from page import inlined
from page.colours import css_of, dash_of
from page.curves import medians, stretches, thin
from page.effects import metric_of
from page.svg import Scale, frame, polyline
from page.text import escape, html_table, short
from style import looks_of

POINTS = 300
SILENT = 60  # seconds after which a heartbeat is old: they come every two seconds, a slow file system or a long step delays them
PANELS = (("consensus_distance", "consensus distance Ξ after mixing", True), ("train_loss", "training loss", False))
EXTRA_CSS = ".progress{display:inline-block;width:7rem;height:.7em;background:var(--line);border-radius:3px;overflow:hidden}.progress i{display:block;height:100%;background:var(--link)}table i.dot{display:inline-block;width:.8em;height:.8em;border-radius:50%;margin-right:.4em}"


def duration(seconds):
    seconds = int(seconds)
    return f"{seconds} s" if seconds < 100 else f"{seconds // 60} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def condensed(x, y):
    if len(x) <= POINTS:
        return x, y
    return x[stretches(len(x), POINTS)[0]], medians(y, POINTS)


def panel(lines, looks, places, x_label, y_label, log):
    """`lines`: (variant, x, y). "" where nothing can be drawn."""
    shown = lambda v: np.isfinite(v) and (v > 0 or not log)
    values = [v for _, _, y in lines for v in y if shown(v)]
    if not values:
        return ""
    if log:
        values = [v for v in values if v >= 1e-5 * max(values)]  # rounding noise after exact averaging
    x, y = Scale([v for _, at, _ in lines for v in at], pad=0.01), Scale(values, log)
    inner = ""
    for variant, at, value in lines:
        points = [(x(a), y(v)) for a, v in zip(at, value) if shown(v) and v >= min(values)]
        if points:
            drawn = polyline(points, " ".join(map(str, dash_of(looks[variant])))) if len(points) > 1 else f'<circle cx="{points[0][0]}%" cy="{100 - points[0][1]:.2f}%" r="3"/>'
            inner += f'<g data-v="{places[variant]}">{drawn}</g>'
    return frame(x, y, inner, x_label, y_label, 260, name=f"{y_label} over {x_label}")


def state_of(run, now):
    if run.state == "running" and run.updated and now - run.updated > SILENT:
        return f"silent for {duration(now - run.updated)}"
    return run.state + (f": {run.detail}" if run.detail else "")


def last_of(values):
    finite = values[np.isfinite(values)] if len(values) else values
    return float(finite[-1]) if len(finite) else None


def run_row(run, metric, place, now):
    share = min(1.0, run.step / run.length) if run.length else 0.0
    bar = f'<span class="progress"><i style="width:{100 * share:.1f}%"></i></span> {run.step} of {run.length or "?"}'
    latest = last_of(run.evaluations[metric.key]) if metric and metric.key in run.evaluations else None
    return [f'<i class="dot" style="background:var(--v{place})"></i>{escape(run.variant)}', str(run.seed), escape(state_of(run, now)), bar,
            duration(run.eta_s) if run.state == "running" and run.eta_s is not None else "", short(last_of(run.line("train_loss")[1])),
            short(last_of(run.line("consensus_distance")[1])), escape(metric.value(latest)) if latest is not None else "–"]


def compose(title, watch, every, now=None):
    """HTML. `every`: seconds until the page loads itself again; None: no more."""
    now, runs = now or time.time(), list(watch.runs.values())
    looks = looks_of(list(dict.fromkeys(run.variant for run in runs)), "")
    places = {variant: k for k, variant in enumerate(looks)}
    metric = metric_of(runs)
    counts = {state: sum(run.state == state for run in runs) for state in ("complete", "running", "interrupted", "failed")}
    told = ", ".join(f"{count} {state}" for state, count in counts.items() if count) or "no run has begun"
    plots = []
    if metric:
        lines = [(run.variant, *(run.evaluations[key][thin(len(run.evaluations["step"]), POINTS)] for key in ("epoch", metric.key))) for run in runs if metric.key in run.evaluations and len(run.evaluations["step"])]
        plots.append(panel(lines, looks, places, "epoch", metric.label + (f", {metric.unit}" if metric.unit else ""), metric.log))
    losses = [v for run in runs for v in run.line("train_loss")[1] if np.isfinite(v)]
    wide = bool(losses) and min(losses) > 0 and max(losses) > 30 * min(losses)  # then a linear axis would show the beginning only
    plots += [panel([(run.variant, *condensed(*run.line(column))) for run in runs], looks, places, "step", label, log or wide and column == "train_loss") for column, label, log in PANELS]
    again = f'<meta http-equiv="refresh" content="{every:g}">' if every else ""
    body = [f"<h1>{escape(title)}</h1>", f'<p class="verdict">{told}.</p><p class="note">As of {time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now))}'
            + (f"; loads itself again every {every:g} s." if every else "; the watch has ended, so this page stays as it is.") + "</p>"]
    body += [f'<p class="problem">{escape(problem)}</p>' for problem in watch.problems]
    body += ['<div class="panels">' + "".join(f"<div>{plot}</div>" for plot in plots if plot) + "</div>",
             html_table(["variant", "seed", "state", "steps", "time left", "loss", "Ξ", metric.label if metric else "metric"], [run_row(run, metric, places[run.variant], now) for run in runs], "facts"),
             '<p class="note">A line per run: rows up to its last checkpoint, then what its heartbeats said while this page was made. Where processes may be gone, xibench status knows.</p>']
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">{again}'
            f'<title>{escape(title)}: {told}</title><link rel="icon" href="data:,"><style>{inlined(["page.css"])}{EXTRA_CSS}{css_of("live", looks)}</style></head><body><main id="live">' + "\n".join(body)
            + "</main></body></html>\n")
