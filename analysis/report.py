#!/usr/bin/env python3
"""Makes a report of run files: report.py DIR... -o OUT. Writes OUT/index.html (self-contained), the figures as PNG and SVG, and the tables as CSV. Several
sweeps share one page; the files of each sweep are in its own folder. Exit status: 0 done, 1 done but some files could not be used, 2 nothing to report or
bad usage."""

import re
import sys
from pathlib import Path

import libraries  # noqa: F401  # first
import cells as gap_cells
import page
import table_formats
import tables
from arguments import Parser
from bar_figures import time_parts
from draw import SHOWS, makers as figure_makers, stem_of, what_it_shows
from messages import printable, say
from page.sections import Sweep
from page.timing import parts_in
from run_file import RunFileError
from run_sets import rows_digest, tell_passed_over, usable_runs
from side_by_side import ProcessLost, side_by_side
from style import looks_of, use_fonts_for

FOLDER = Path(__file__).resolve().parent


def draw(cells, table, out):
    """All figures that the runs can fill, as (file stem, what it shows, caption)."""
    baseline = table["baseline"] or ""
    looks = looks_of(gap_cells.variants_of(cells), baseline)
    use_fonts_for("report", [*looks, baseline, *(cell.label for cell in cells)])
    makers = figure_makers(cells, looks, table["delta"], baseline)
    metric = cells[0].metric
    stems = {name: stem_of(name, metric) for name in SHOWS}
    captions = side_by_side(lambda name: makers[name](out / stems[name]), SHOWS)
    return [(stems[name], what_it_shows(name, metric), caption) for name, caption in zip(SHOWS, captions) if caption]


def write_tables(cells, table, out):
    rows = gap_cells.run_rows(cells)
    digests = {run.id: rows_digest(run) for run in gap_cells.unique_runs(cells)}
    gap_cells.write_csv(out / "gap.csv", gap_cells.gap_rows(table))
    if contrasts := gap_cells.contrast_rows(table):
        gap_cells.write_csv(out / "contrasts.csv", contrasts)
    gap_cells.write_csv(out / "runs.csv", [row | {"content_digest": digests[row["run_id"]]} for row in rows])
    gap_cells.write_csv(out / "evaluations.csv", gap_cells.evaluation_rows(cells))
    gap_cells.write_csv(out / "phases.csv", gap_cells.phase_table(cells))
    parts = parts_in(gap_cells.unique_runs(cells))
    gap_cells.write_csv(out / "step_time_ms.csv", [{**cell.axes, "variant": row.variant, **(dict.fromkeys(parts) | (time_parts(row.runs) or {}))} for cell in cells for row in cell.rows])


def by_sweep(runs):
    """name -> runs. A run that two sweeps share belongs to both, if it is there in both."""
    groups = {}
    for run in runs:
        groups.setdefault(run.name, []).append(run)
    return groups


def folder_of(out, number, name, several):
    """Where the files of a sweep go. Names are data, so a folder has a number and only signs that every file system takes."""
    return out / f"{number + 1}-{re.sub('[^A-Za-z0-9._-]+', '-', name)[:60]}" if several else out


def look_up(xibench, groups):
    """One (name, runs, gap table, number of files passed over) per sweep. Raises RunFileError."""
    found = []
    for name, runs in groups.items():
        found.append((name, *gap_cells.gap_of(xibench, runs)))  # not of the files that were refused
    return found


def write_sweep(found, out, folder):
    """Tables and figures of one sweep beside the page, and what the page needs."""
    name, runs, table, passed_over = found
    folder.mkdir(parents=True, exist_ok=True)
    cells = gap_cells.cells_of(table, runs)
    write_tables(cells, table, folder)
    drawn = draw(cells, table, folder)
    link = lambda path: path.relative_to(out).as_posix()
    links = [link(path) for path in sorted(folder.glob("*.csv"))]
    figures = [(shows, caption, [link(folder / f"{stem}{end}") for end in (".svg", ".png")]) for stem, shows, caption in drawn]
    sweep = Sweep(table["sweep"], table, cells, runs, looks_of(gap_cells.variants_of(cells), table["baseline"] or ""), {}, links, figures, passed_over)
    sweep.texts = texts_of(sweep)
    return sweep


def texts_of(sweep):
    """What the buttons of the page save: the gap table with all its columns as CSV, the tables of tables.py as Markdown and LaTeX."""
    made = tables.tables_of(sweep.runs, sweep.table) if sweep.metric else []
    return {"csv": table_formats.as_csv(gap_cells.gap_rows(sweep.table)), "md": "\n".join(map(table_formats.as_markdown, made)), "tex": "\n".join(map(table_formats.as_latex, made))}


def main():
    parser = Parser(description=__doc__)
    parser.add_argument("places", nargs="+", metavar="DIR", help="directories with run files, searched recursively")
    parser.add_argument("-o", "--out", required=True, type=Path, help="folder for the report; created if missing")
    parser.add_argument("--xibench", type=Path, default=FOLDER.parent / "build" / "xibench", help="the program xibench (default: %(default)s)")
    options = parser.parse_args()
    runs, problems = usable_runs("report", options.places)
    if not runs:
        say("report", f"no complete run file in {', '.join(options.places)}: run the sweep first")
        return 2
    try:
        found = look_up(options.xibench, by_sweep(runs))
    except RunFileError as error:
        say("report", error)
        return 2
    tell_passed_over("report", sum(count for *_, count in found))
    several = len(found) > 1
    try:
        sweeps = [write_sweep(one, options.out, folder_of(options.out, k, one[0], several)) for k, one in enumerate(found)]
        title = " and ".join(sweep.name for sweep in sweeps) if len(sweeps) < 4 else f"{len(sweeps)} sweeps"
        (options.out / "index.html").write_text(page.compose(title, sweeps, problems), encoding="utf-8")
    except ProcessLost as error:
        say("report", error)
        return 1
    except OSError as error:
        say("report", f"{options.out} cannot be written ({error.strerror}): choose another -o")
        return 2
    print(printable(options.out / "index.html"))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
