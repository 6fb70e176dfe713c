#!/usr/bin/env python3
"""Draws the figures of a sweep: draw.py DIR... -o OUT. Writes each figure as PNG and SVG, and their captions to OUT/captions.md. With --paper icml it writes PDF
and PNG in the widths of that paper. Exit status: 0 done, 1 done but some files could not be used, 2 nothing to draw or bad usage."""

import sys
from pathlib import Path

import libraries  # noqa: F401  # first
import bar_figures
import cells as gap_cells
import figures
import metrics
import scatter_figures
import trend_figures
from arguments import Parser, real
from messages import printable, say
from run_file import RunFileError
from run_sets import tell_passed_over, usable_runs
from side_by_side import ProcessLost, side_by_side
from style import PAPERS, looks_of, use_fonts_for, use_paper

FOLDER = Path(__file__).resolve().parent


SHOWS = {  # name -> one sentence for the page; in the order of the page's sections
    "gap": "How far is each arm from the baseline, and how sure is that?",
    "consensus_distance": "How far are the nodes' models from each other during training?",
    "accuracy": "How good is the mean model during training?",
    "accuracy_difference": "How does the gap to the baseline develop during training?",
    "rounds": "How many gossip rounds does each step take?",
    "cost_and_gap": "How much communication does each arm need for its gap?",
    "accuracy_over_distance": "How does the final score depend on the consensus distance of a phase?",
    "gap_over_nodes": "How does the gap grow with the number of nodes?",
    "heterogeneity": "How does the gap depend on how the data is divided among the nodes?",
    "time_to_accuracy": "How long does each arm train until it reaches a given score?",
    "where_time_goes": "How is the time of a step divided among its parts?"}


def makers(cells, looks, delta, baseline, latency=scatter_figures.LATENCY, bandwidth=scatter_figures.BANDWIDTH):
    """Name -> what draws it to a file stem and returns its caption, None where the runs cannot fill it."""
    return {"gap": lambda stem: bar_figures.gap(cells, looks, stem, delta, baseline),
            "gap_over_nodes": lambda stem: trend_figures.gap_over_nodes(cells, looks, stem, delta, baseline),
            "heterogeneity": lambda stem: trend_figures.heterogeneity_map(cells, looks, stem, baseline),
            "consensus_distance": lambda stem: figures.consensus_distance(cells, looks, stem),
            "rounds": lambda stem: figures.rounds_over_time(cells, looks, stem),
            "accuracy": lambda stem: figures.score(cells, looks, stem),
            "accuracy_difference": lambda stem: figures.score_difference(cells, looks, stem, delta, baseline),
            "accuracy_over_distance": lambda stem: scatter_figures.score_over_distance(cells, looks, stem),
            "cost_and_gap": lambda stem: scatter_figures.cost_and_gap(cells, looks, stem, baseline, latency, bandwidth),
            "time_to_accuracy": lambda stem: trend_figures.time_to_score(cells, looks, stem),
            "where_time_goes": lambda stem: bar_figures.where_time_goes(cells, looks, stem)}


def stem_of(name, metric):
    """The file of a figure: where runs are measured by something else than accuracy, it is named for that."""
    return name.replace("accuracy", metric.name)


def what_it_shows(name, metric):
    """The sentence of a figure, with the metric's own name."""
    return SHOWS[name].replace("score", metric.words)


def main():
    parser = Parser(description=__doc__)
    parser.add_argument("places", nargs="+", metavar="DIR", help="run files of one sweep, kept files (xibench gap --keep), or directories with them, searched recursively for *.h5 and *kept.json")
    parser.add_argument("-o", "--out", required=True, type=Path, help="folder for the figures; created if missing")
    parser.add_argument("--paper", choices=sorted(PAPERS), default="", help="draw for this paper: its widths, 8 pt, no title, PDF with TrueType fonts")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=list(makers(*[None] * 4)), help="draw only these figures")
    parser.add_argument("--latency", type=real(0, 10), default=scatter_figures.LATENCY, metavar="SECONDS", help="latency of a message, for modelled seconds (default: %(default)g)")
    parser.add_argument("--bandwidth", type=real(1, 1e15), default=scatter_figures.BANDWIDTH, metavar="BYTES_PER_S", help="bandwidth of a node, for modelled seconds (default: %(default)g)")
    parser.add_argument("--xibench", type=Path, default=FOLDER.parent / "build" / "xibench", help="the program xibench (default: %(default)s)")
    options = parser.parse_args()
    runs, problems = usable_runs("draw", options.places, with_kept=True)
    if not runs or len(names := sorted({run.name for run in runs})) > 1:
        say("draw", f"runs of several sweeps ({', '.join(names)}): name the folder of one" if runs else f"no complete run file in {', '.join(options.places)}: run the sweep first")
        return 2
    try:
        runs, table, passed_over = gap_cells.gap_of(options.xibench, runs)
        tell_passed_over("draw", passed_over)
        cells, baseline, metric = gap_cells.cells_of(table, runs), table["baseline"] or "", metrics.of_table(table)
        looks = looks_of(gap_cells.variants_of(cells), baseline)
        if options.paper:
            use_paper(options.paper)
        use_fonts_for("draw", [*looks, baseline, *(cell.label for cell in cells)])
        options.out.mkdir(parents=True, exist_ok=True)
        makes = {stem_of(name, metric): make for name, make in makers(cells, looks, table["delta"], baseline, options.latency, options.bandwidth).items()
                 if not options.only or name in options.only}
        drawn = side_by_side(lambda stem: makes[stem](options.out / stem), makes)
        captions = {stem: caption for stem, caption in zip(makes, drawn) if caption}
        (options.out / "captions.md").write_text("".join(f"**{name}**: {caption}\n\n" for name, caption in captions.items()), encoding="utf-8")
    except (ProcessLost, RunFileError) as error:
        say("draw", error)
        return 2 if isinstance(error, RunFileError) else 1
    except OSError as error:
        say("draw", f"{options.out} cannot be written ({error.strerror}): choose another -o")
        return 2
    print("\n".join(printable(options.out / f"{name}.png") for name in captions))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
