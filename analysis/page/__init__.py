"""The page of a report: one file that needs nothing else. `compose` makes it; each section has a file of its own."""

from pathlib import Path

from . import curves, sections
from .svg import MARKS
from .text import escape

FOLDER = Path(__file__).resolve().parent
SCRIPTS = ("vendor/uPlot.iife.min.js", "data.js", "chips.js", "table.js", "plot.js", "curves.js", "cost.js", "start.js")
STYLES = ("vendor/uPlot.min.css", "page.css")

SIZE = 600_000   # bytes of a page: curves get as many points as fit
LEAST = 1_500    # characters of the curves of a run, though the page becomes larger, as long as all are below curves.ROOM
OF_A_RUN = 190   # bytes of a run in the block of data, without its arrays


def inlined(names):
    return "\n".join((FOLDER / name).read_text(encoding="utf-8").strip() for name in names)


def compose(title, sweeps, problems):
    """HTML of a report over sweeps (sections.Sweep); `problems` are lines about files that were not used."""
    several = len(sweeps) > 1
    body = [f"<h1>{escape(title)}</h1>"] if several else []
    body += ['<nav><ul>' + "".join(f'<li><a href="#sweep{k}">{escape(sweep.name)}</a></li>' for k, sweep in enumerate(sweeps)) + "</ul></nav>"] if several else []
    body += [f'<p class="problem">Not used: {escape(problem)}</p>' for problem in problems]
    body += [sections.html_of(sweep, f"sweep{k}", "h1") for k, sweep in enumerate(sweeps)]
    head, scripts, body = inlined(STYLES), inlined(SCRIPTS), "\n".join(body)
    runs = sum(len(sweep.runs) for sweep in sweeps)
    rest = sum(len(text.encode()) for text in (head, scripts, body, *(text for sweep in sweeps for text in sweep.texts.values()))) + OF_A_RUN * runs
    shared, found = curves.curves_of([(sweep.runs, sweep.metric) for sweep in sweeps], max(min(curves.ROOM, LEAST * runs), SIZE - rest))
    data = shared | {"sweeps": [sections.data_of(sweep, one) for sweep, one in zip(sweeps, found)]}
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
            f'<title>{escape(title)}: gap report</title><link rel="icon" href="data:,"><style>{head}</style></head><body>\n{MARKS}<main>{body}'
            f"\n</main>\n{curves.json_block(data)}\n<script>{scripts}</script>\n</body></html>\n")
