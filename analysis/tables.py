#!/usr/bin/env python3
"""Makes the tables of a sweep: tables.py DIR... -o OUT. Writes OUT/<table>.md, .csv and .tex (booktabs), and OUT/tables.tex, which contains all tables for
pdflatex. Without -o it prints the Markdown. Exit status: 0 done, 1 done but some files could not be used, 2 nothing to do or bad usage."""

import json
import sys
from pathlib import Path

import libraries  # noqa: F401  # first
import cells as gap_cells
import order_table
import phase_table
import table_data
import table_formats as formats
from arguments import Parser
from messages import printable, say
from page.effects import effects_of, metric_of
from run_file import RunFileError, not_a_file
from run_sets import folders_of, tell_passed_over, usable_runs

FOLDER = Path(__file__).resolve().parent
MAKERS = (table_data.gap_by_nodes_and_topology, phase_table.phase_by_target, table_data.algorithm_by_heterogeneity, order_table.distance_order, table_data.cost, table_data.published)


def unfinished(places, runs):
    """Notes on runs that left a heartbeat and no run file: failed, interrupted, or still under way."""
    done, out = {run.id for run in runs}, []
    for path in sorted(Path(folder, name) for place in places for folder, names in folders_of(place) for name in names if name.endswith(".json")):
        if not_a_file(path):
            continue
        try:
            beat = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            continue  # no file of the program, which replaces its files whole
        if isinstance(beat, dict) and beat.get("schema") == "xibench-heartbeat" and beat.get("run_id") not in done:
            why = f" ({beat['error']})" if beat.get("error") else ""
            out.append(f"Not finished: {beat.get('variant') or '(no variant)'}, seed {beat.get('seed')}: {beat.get('state')}{why} at step {beat.get('step')} of {beat.get('steps')}")
    return out


def tables_of(runs, table, notes=()):
    """Every table that the sweep fills. Raises RunFileError where nothing was measured."""
    cells = gap_cells.cells_of(table, runs)
    metric = metric_of(runs, table["delta"])
    if metric is None:
        raise RunFileError(f"{table['sweep']}: no run has measured what it is judged by: set evaluation.every in the sweep file")
    arms = table_data.arms_of(cells, effects_of(cells, table["delta"], metric), table)
    made = [found for make in MAKERS if (found := make(arms, metric, table))]
    for one in made:
        one.notes += notes
    return made


def write(made, out):
    out.mkdir(parents=True, exist_ok=True)
    for table in made:
        for end, text in ((".md", formats.as_markdown(table)), (".csv", formats.as_csv(table.records)), (".tex", formats.as_latex(table))):
            (out / f"{table.name}{end}").write_text(text, encoding="utf-8")
    (out / "tables.tex").write_text(formats.document([table.name for table in made]), encoding="utf-8")


def main():
    parser = Parser(description=__doc__)
    parser.add_argument("places", nargs="+", metavar="DIR", help="run files of one sweep, kept files (xibench gap --keep), or directories with them, searched recursively for *.h5 and *kept.json")
    parser.add_argument("-o", "--out", type=Path, help="folder for the tables; created if missing")
    parser.add_argument("--xibench", type=Path, default=FOLDER.parent / "build" / "xibench", help="the program xibench (default: %(default)s)")
    options = parser.parse_args()
    runs, problems = usable_runs("tables", options.places, with_kept=True)
    if not runs:
        say("tables", f"no complete run file in {', '.join(options.places)}: run the sweep first")
        return 2
    if len(names := sorted({run.name for run in runs})) > 1:
        say("tables", f"runs of several sweeps ({', '.join(names)}): a table is of one, so name the folder of one")
        return 2
    try:
        runs, table, passed_over = gap_cells.gap_of(options.xibench, runs)
        made = tables_of(runs, table, unfinished(options.places, runs))
        tell_passed_over("tables", passed_over)
        if options.out is None:
            print("\n".join(printable(line) for table in made for line in formats.as_markdown(table).split("\n")))
        else:
            write(made, options.out)
            print("\n".join(printable(options.out / f"{table.name}.md") for table in made))
    except RunFileError as error:
        say("tables", error)
        return 2
    except OSError as error:
        say("tables", f"{options.out} cannot be written ({error.strerror}): choose another -o")
        return 2
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
