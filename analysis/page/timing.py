"""Where the time of a step goes, per arm, with a dot per run: runs of one arm do the same work, so their scatter is the machine's."""

import re

import numpy as np

from runs import timed_steps
from style import colours_of_parts

from .svg import title
from .text import escape, short

SCATTER = 1.3  # runs with equal work whose compute time differs by more were not timed on a quiet machine


def parts_of(run):
    """Mean milliseconds per timed step of each part; None without timed steps, as in kept files."""
    if "wall_s" not in run.steps:
        return None
    mask = timed_steps(run)
    if not mask.any():
        return None
    parts = {key[:-2]: 1e3 * float(np.mean(run.steps[key][mask])) for key in run.parts}
    return parts | {"other": max(0.0, 1e3 * float(np.mean(run.steps["wall_s"][mask])) - sum(parts.values()))}


def parts_in(runs):
    """The parts of a step that these run files name, in the order of their columns, and last the time that no column names."""
    return [*dict.fromkeys(key[:-2] for run in runs for key in run.parts), "other"]


def load_of(run):
    """(load of the last minute when the run began, processors it could use); None where the file does not say both."""
    load, cores = run.provenance.get("load_at_start", ""), run.provenance.get("usable_processors") or run.provenance.get("processors") or ""
    found = re.match(r"[0-9.]+", load)
    return (float(found.group()), int(cores)) if found and cores.isdigit() else None


def warnings_of(cells, runs):
    """What speaks against the timings, one sentence each."""
    out = []
    loads = [load for run in runs if (load := load_of(run))]
    over = [load for load in loads if load[0] > load[1]]
    if over:
        out.append(f"Timings: {len(over)} of {len(runs)} runs began on a machine with more load than cores (up to {max(l for l, _ in over):.1f} on {over[0][1]} cores): their seconds are not those of a quiet machine.")
    worst = (1.0, "")
    for cell in cells:
        for row in cell.rows:
            times = [parts["compute"] for run in row.runs if (parts := parts_of(run)) and parts.get("compute")]
            if len(times) > 1 and min(times) > 0:
                worst = max(worst, (max(times) / min(times), row.variant + (f" ({cell.label})" if cell.label else "")))
    if worst[0] > SCATTER:
        out.append(f"Timings: equal compute took up to {worst[0]:.1f} times as long in one run as in another ({worst[1]}).")
    return out


def bar(row, place, longest, parts):
    """`parts`: their classes are p0, p1, ... in this order."""
    per_run = [parts for run in row.runs if (parts := parts_of(run))]
    if not per_run:
        return ""
    mean = {part: float(np.mean([parts.get(part, 0.0) for parts in per_run])) for part in parts}
    total, left, out = sum(mean.values()), 0.0, []
    for k, (part, ms) in enumerate(mean.items()):
        if ms > 0.001 * longest:
            out.append(f'<rect class="p{k}" x="{100 * left / longest:.2f}%" width="{100 * ms / longest:.2f}%" height="15">{title(f"{part}: {short(ms)} ms, {100 * ms / total:.0f} %")}</rect>')
        left += ms
    out.append('<g transform="translate(0 21)">' + "".join(f'<circle cx="{100 * sum(one.values()) / longest:.1f}%" r="3"/>' for one in per_run) + "</g>")
    top = sorted(mean.items(), key=lambda item: -item[1])[:2]
    return (f'<div class="bar" data-v="{place}"><span class="name">{escape(row.variant)}</span><svg width="100%" height="28" role="img" aria-label="{escape(row.variant)}">{"".join(out)}</svg>'
            f'<span class="ms">{short(total)} ms <small>{", ".join(f"{part} {100 * ms / total:.0f} %" for part, ms in top)}</small></span></div>')


def section(cells, places, warnings, scope):
    per_run = [sum(parts.values()) for cell in cells for row in cell.rows for run in row.runs if (parts := parts_of(run))]
    if not per_run:
        return ""
    longest = max(per_run) * 1.02
    colours = colours_of_parts(parts_in(run for cell in cells for row in cell.rows for run in row.runs))
    body = "".join((f"<h4>{escape(cell.label)}</h4>" if cell.label else "") + "".join(bar(row, places[row.variant], longest, colours) for row in cell.rows) for cell in cells)
    key = "".join(f'<span><i class="p{k}"></i>{part}</span>' for k, part in enumerate(colours))
    css = "".join(f"#{scope} .p{k}{{fill:{colour};background:{colour}}}" for k, colour in enumerate(colours.values()))
    warned = "".join(f'<p class="problem">{escape(line)}</p>' for line in warnings)
    return (f'<h2>Time</h2><style>{css}</style>{warned}<p class="key">{key}</p>{body}<p class="note">Milliseconds per step of all nodes on rank 0, means over the steps after warm-up without those that evaluate '
            "or write a checkpoint. Bar: mean of the runs by part; circles: each run.</p>")
