"""The page of a report: one file that needs nothing else. `compose` makes it; each section has a file of its own."""

from pathlib import Path

from . import curves, sections
from .text import escape

FOLDER = Path(__file__).resolve().parent
SCRIPTS = ("vendor/uPlot.iife.min.js", "data.js", "chips.js", "table.js", "plot.js", "curves.js", "cost.js", "start.js")
STYLES = ("vendor/uPlot.min.css", "page.css")


def inlined(names):
    return "\n".join((FOLDER / name).read_text(encoding="utf-8").strip() for name in names)


def compose(title, sweeps, problems):
    """HTML of a report over sweeps (sections.Sweep); `problems` are lines about files that were not used."""
    several = len(sweeps) > 1
    arrays, found, points = curves.curves_of([(sweep.runs, sweep.metric) for sweep in sweeps])
    data = {"arrays": arrays, "points": points, "sweeps": [sections.data_of(sweep, one) for sweep, one in zip(sweeps, found)]}
    body = [f"<h1>{escape(title)}</h1>"] if several else []
    body += ['<nav><ul>' + "".join(f'<li><a href="#sweep{k}">{escape(sweep.name)}</a></li>' for k, sweep in enumerate(sweeps)) + "</ul></nav>"] if several else []
    body += [f'<p class="problem">Not used: {escape(problem)}</p>' for problem in problems]
    body += [sections.html_of(sweep, f"sweep{k}", "h1") for k, sweep in enumerate(sweeps)]
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
            f'<title>{escape(title)}: gap report</title><link rel="icon" href="data:,"><style>{inlined(STYLES)}</style></head><body>\n<main>' + "\n".join(body)
            + f"\n</main>\n{curves.json_block(data)}\n<script>{inlined(SCRIPTS)}</script>\n</body></html>\n")
