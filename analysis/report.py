#!/usr/bin/env python3
"""Turns run files into a report: report.py DIR... -o OUT writes OUT/index.html (self-contained), the figures as PNG and SVG, the
tables as CSV. Exit status: 0 done, 1 done but some files could not be used, 2 nothing to report or bad usage."""

import base64
import html
import json
import sys
from pathlib import Path

import cells as gap_cells
import figures
import scatter_figures
from arguments import Parser
from messages import printable, say
from runs import RunFileError, find_runs, one_per_run, science_digest, tell_odd
from style import looks_of, use_fonts_for

FOLDER = Path(__file__).resolve().parent
LONG = ("git_diff", "libraries", "environment", "cpu_flags", "rank_facts")  # in the run files, too long for a page
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title><style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }}
h1 {{ margin-bottom: .2rem }} h2 {{ margin-top: 2.4rem; border-bottom: 1px solid #ddd; padding-bottom: .2rem }}
table {{ border-collapse: collapse; font-size: 14px; display: block; overflow-x: auto }}
th, td {{ padding: .3rem .7rem; border-bottom: 1px solid #e4e4e4; text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }}
th {{ border-bottom: 2px solid #bbb; vertical-align: bottom }} td.text, th.text {{ text-align: left }} tr.baseline td {{ background: #f5f5f2 }}
tr.first td {{ border-top: 2px solid #bbb }} .gap {{ color: #a33b00; font-weight: 600 }} .none {{ color: #00704f; font-weight: 600 }} .undecided {{ color: #666 }}
figure {{ margin: 1.6rem 0 }} figure img {{ max-width: 100%; height: auto }} figcaption, .note {{ color: #555; font-size: 14px }}
pre {{ background: #f6f6f4; padding: .8rem; overflow-x: auto; font-size: 13px }} .problem {{ background: #fff3e8; padding: .5rem .8rem; border-left: 4px solid #D55E00 }}
</style></head><body>
{body}
</body></html>
"""


def escape(value):
    return html.escape(str(value))


def number(value, decimals=2, sign=False):
    if value is None or value != value:
        return "–"
    return f"{value:{'+' if sign else ''}.{decimals}f}".replace("-", "−")


def scaled(value, unit=""):
    for prefix, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value is not None and value >= 10 * size or value is not None and unit and value >= size:
            return f"{value / size:.3g} {prefix}{unit}"
    return "–" if value is None else f"{value:.0f} {unit}".strip()


def verdict_cell(row, delta):
    difference, diverged = row.gap["difference"], row.gap["diverged"]
    if diverged:
        rest = ", baseline" if row.baseline else ", no baseline" if difference is None else ""
        return f'<span class="gap" title="{escape((difference or {}).get("why", ""))}">{diverged} of {len(row.gap["runs"])} diverged{rest}</span>'
    if row.baseline or difference is None:
        return "baseline" if row.baseline else "no baseline"
    words = {"diverged": ("undecided", "baseline diverged"),
             "gap": ("gap", "gap (better)" if (difference["mean"] or 0) > 0 else "gap"),
             "no gap larger than delta": ("none", f"no gap larger than {delta}")}
    style, word = words.get(difference["verdict"], ("undecided", difference["verdict"]))
    return f'<span class="{style}" title="{escape(difference["why"])}">{escape(word)}{mark(difference)}</span>'


def mark(difference):
    """Of a word that holds for all rows at once."""
    return " *" if difference["verdict"] in ("gap", "no gap larger than delta") and difference["verdict_of_table"] == difference["verdict"] else ""


def distance_mark(gap):
    """Of a largest distance that is not the exact one of all steps."""
    return "" if gap["distance_gauge"] in (None, "exact") and gap["distance_measured_every"] <= 1 else " ‡"


def contrast_table(cells, table):
    telling = [key for key in (cells[0].axes if cells else {}) if len({cell.axes[key] for cell in cells}) > 1]
    head = [(key.split(".")[-1], "text") for key in telling] + [("arm", "text"), ("against", "text"), ("verdict", "text")] + [
        (name, "") for name in ("seeds", "difference, points", "95 % interval", "share of the gap closed", "95 % interval (Fieller)")]
    lines = ["<table><tr>" + "".join(f'<th class="{kind}">{escape(name)}</th>' for name, kind in head) + "</tr>"]
    for group in table["groups"]:
        for contrast in group["contrasts"]:
            d, share = contrast["difference"], contrast["share"] or {"estimate": None, "interval_95": (None, None), "why": ""}
            word = {"gap": "better" if (d["mean"] or 0) > 0 else "worse", "no gap larger than delta": f"no difference larger than {table['delta']}"}.get(d["verdict"], d["verdict"])
            span = lambda low, high, sign: "–" if low is None else f"{number(low, 2, sign)} to {number(high, 2, sign)}"
            left = [escape(group["axes"][key]) for key in telling] + [escape(contrast["arm"]), escape(contrast["against"]),
                    f'<span title="{escape(d["why"])}">{escape(word)}{mark(d)}</span>']
            values = [str(d["pairs"]), number(d["mean"], 2, True), span(*d["interval_95"], True), number(share["estimate"]),
                      f'<span title="{escape(share["why"])}">{span(*share["interval_95"], False)}</span>']
            lines.append("<tr>" + "".join(f'<td class="text">{v}</td>' for v in left) + "".join(f"<td>{v}</td>" for v in values) + "</tr>")
    if len(lines) == 1:
        return ""
    note = (f"Contrasts, asked by the sweep: arm − against, paired by seed; better and worse are the words of the table against δ, * among the contrasts. Share: "
            f"(arm − against) / ({table['baseline'] or 'baseline'} − against).")
    return "<h2>Contrasts</h2>" + "\n".join(lines) + f'\n</table><p class="note">{escape(note)}</p>'


def gap_table(cells, table):
    telling = [key for key in (cells[0].axes if cells else {}) if len({cell.axes[key] for cell in cells}) > 1]
    published, compared = (any(row.gap[key] for cell in cells for row in cell.rows) for key in ("published", "published_difference"))
    head = [(key.split(".")[-1], "text") for key in telling] + [("variant", "text"), ("verdict", "text"), ("seeds", ""), ("accuracy, %", ""),
            ("difference, points", "")] + ([("published difference", "")] if compared else []) + [("95 % interval", ""), ("ρ", ""), ("node mean, %", ""),
            ("worst node, %", ""), ("rounds", ""), ("messages", ""), ("sent", ""), ("modelled", ""), ("measured", ""), ("to decide", ""), ("max Ξ by phase", "")] + (
            [("published, %", "")] if published else [])
    lines = ["<table><tr>" + "".join(f'<th class="{kind}">{escape(name)}</th>' for name, kind in head) + "</tr>"]
    for cell in cells:
        for k, row in enumerate(cell.rows):
            gap, d = row.gap, row.gap["difference"] or {}
            low, high = d.get("interval_95") or (None, None)
            seeds = str(gap["accuracy"]["n"])
            cost = lambda text: text + " †" if gap["diverged"] and text != "–" else text
            sd = gap["accuracy"]["sd"]
            values = [number(gap["accuracy"]["mean"]) + ("" if sd is None else " ± " + number(sd)), number(d.get("mean"), 2, True)]
            if compared:
                p = gap["published_difference"]
                values.append(f"{number(p['difference'], 2, True)} ({escape(p['status'])})" if p else "–")
            values += ["–" if low is None else f"{number(low, 2, True)} to {number(high, 2, True)}", number(d.get("rho")),
                       number(gap["accuracy_nodes_mean"]), number(gap["accuracy_nodes_min"]), cost(scaled(gap["rounds"])), cost(scaled(gap["traffic"]["messages"])), cost(scaled(gap["bytes_sent"], "B")),
                       cost("–" if gap["modelled_s"] is None else f"{gap['modelled_s']:.3g} s"),
                       cost(scaled(gap["gauge_bytes_sent"], "B")), cost(scaled(gap["gauge_bytes_to_decide"], "B")),
                       ", ".join("–" if x is None else f"{x:.3g}{distance_mark(gap)}" for x in gap["max_distance"])]
            if published:
                p = gap["published"]
                values.append(f"{number(p['accuracy'])} ({escape(p['status'])})" if p else "–")
            left = [escape(cell.axes[key]) for key in telling] + [escape(row.variant), verdict_cell(row, table["delta"])]
            css = ("baseline " if row.baseline else "") + ("first" if k == 0 else "")
            lines.append(f'<tr class="{css.strip()}">' + "".join(f'<td class="text">{v}</td>' for v in left + [seeds])
                         + "".join(f"<td>{v}</td>" for v in values) + "</tr>")
    return "\n".join(lines) + "\n</table>"


def notes(table):
    out = ["Accuracy: the mean model on the test set at the last evaluation, mean ± standard deviation over seeds. Differences are paired by seed."]
    if table["delta"]:
        out.append(f"Margin δ = {table['delta']} points{' (' + escape(table['delta_from']) + ')' if table['delta_from'] else ''}. <b>gap</b>: the 95 % interval lies "
                   "outside of ±δ; <b>no gap larger than δ</b>: inside; <b>undecided</b>: neither (the reason is in the CSV). A false word has a rate of at most "
                   "5 % per row; those with * hold for all rows at once (Holm).")
    if resolution := table["resolution"]:
        wanted = resolution["seeds_for_delta"]
        out.append(f"What {resolution['seeds']} seeds resolve: paired differences spread by {number(resolution['sd'])} points, so the 95 % interval is "
                   f"± {number(resolution['half_width_95'])} points"
                   + (f"; ± {table['delta']} takes {wanted} seeds." if wanted and wanted > resolution["seeds"] else "."))
    out.append("Sent: by the algorithm. Measured: sent besides to measure Ξ; of it, to decide is what policies asked for, the rest is for the "
               "record only.")
    network = table["network"]
    out.append(f"Messages: with one node per rank, an all-reduce as a ring in 2 (n − 1) rounds. Modelled: what the network takes for the busiest node of every round at "
               f"{1e6 * network['latency_s']:.3g} µs per message and {1e-9 * network['bandwidth_bytes_per_s']:.3g} GB/s.")
    if any(distance_mark(row) for group in table["groups"] for row in group["rows"]):
        out.append("‡: estimated by a gauge, or not measured in every step: not the exact maximum (distance_gauge and distance_measured_every in the CSV).")
    if any(row["diverged"] for group in table["groups"] for row in group["rows"]):
        out.append("A run that diverged has no final accuracy, and a row with such a run no mean and no verdict. †: means with runs that ended where they "
                   "diverged, not to be compared with those of whole runs.")
    missing = [f"{run['variant']}, seed {run['seed']}" + "".join(f", {k} = {v}" for k, v in run["axes"].items()) for run in table["missing"]]
    if missing:
        out.append(f"Missing runs: {escape('; '.join(missing[:20]))}" + (f" and {len(missing) - 20} more" if len(missing) > 20 else ""))
    return "".join(f'<p class="note">{line}</p>' for line in out)


def draw(cells, table, out):
    """Every figure that the runs can fill, as (file stem, caption)."""
    baseline = table["baseline"] or ""
    looks = looks_of(gap_cells.variants_of(cells), baseline)
    use_fonts_for("report", [*looks, baseline, *(cell.label for cell in cells)])
    makers = {"gap": lambda stem: figures.gap(cells, looks, stem, table["delta"], baseline),
              "consensus_distance": lambda stem: figures.consensus_distance(cells, looks, stem),
              "accuracy": lambda stem: figures.accuracy(cells, looks, stem),
              "accuracy_over_distance": lambda stem: scatter_figures.accuracy_over_distance(cells, looks, stem),
              "cost_and_gap": lambda stem: scatter_figures.cost_and_gap(cells, looks, stem, baseline),
              "where_time_goes": lambda stem: figures.where_time_goes(cells, looks, stem)}
    drawn = [(name, make(out / name)) for name, make in makers.items()]
    return [(name, caption) for name, caption in drawn if caption]


def figure_html(out, name, caption):
    data = base64.b64encode((out / f"{name}.svg").read_bytes()).decode()
    return (f'<figure><img alt="{escape(caption)}" src="data:image/svg+xml;base64,{data}"><figcaption>{escape(caption)} '
            f'<a href="{name}.png">PNG</a> <a href="{name}.svg">SVG</a></figcaption></figure>')


def provenance(runs):
    """What the runs share, and what differs between them, of where and how they were made."""
    keys = sorted({key for run in runs for key in run.provenance if key != "NX_class"})
    values = {key: sorted({run.provenance.get(key, "–") for run in runs}) for key in keys if key not in LONG}
    shown = lambda v: f"{len(v)} values, such as {v[0]}" if len(v) > 4 else "; ".join(v)
    rows = "".join(f'<tr><td class="text">{escape(key)}</td><td class="text" style="white-space: pre-wrap">{escape(shown(v)[:400])}</td></tr>' for key, v in values.items())
    return f"<table>{rows}</table>"


def page(name, cells, table, runs, drawn, problems, out):
    seeds = sorted({run.seed for run in runs})
    body = [f"<h1>{escape(name)}</h1>", f'<p class="note">{len(runs)} runs, {len(gap_cells.variants_of(cells))} variants, seeds {", ".join(map(str, seeds))}</p>']
    body += [f'<p class="problem">Not used: {escape(problem)}</p>' for problem in problems]
    body += ["<h2>Gap</h2>", gap_table(cells, table), notes(table), contrast_table(cells, table), "<h2>Figures</h2>"] + [figure_html(out, *figure) for figure in drawn]
    body += ["<h2>Tables</h2><ul>"] + [f'<li><a href="{path.name}">{path.name}</a></li>' for path in sorted(out.glob("*.csv"))] + ["</ul>"]
    body += ["<h2>Configuration</h2>", f"<p class=\"note\">The sweep file as the runs hold it, then one resolved run.</p><pre>{escape(runs[0].source)}</pre>",
             f"<details><summary>{escape(runs[0].id)}</summary><pre>{escape(json.dumps(runs[0].config, indent=2, sort_keys=True))}</pre></details>"]
    body += ["<h2>Provenance</h2>", provenance(runs)]
    return PAGE.format(title=escape(f"{name}: gap report"), body="\n".join(body))


def write_tables(cells, table, out):
    rows = gap_cells.run_rows(cells)
    digests = {run.id: science_digest(run) for run in gap_cells.unique_runs(cells)}
    gap_cells.write_csv(out / "gap.csv", gap_cells.gap_rows(table))
    if contrasts := gap_cells.contrast_rows(table):
        gap_cells.write_csv(out / "contrasts.csv", contrasts)
    gap_cells.write_csv(out / "runs.csv", [row | {"content_digest": digests[row["run_id"]]} for row in rows])
    gap_cells.write_csv(out / "evaluations.csv", gap_cells.evaluation_rows(cells))
    gap_cells.write_csv(out / "phases.csv", gap_cells.phase_table(cells))
    gap_cells.write_csv(out / "step_time_ms.csv", [{**cell.axes, "variant": row.variant, **(figures.time_parts(row.runs) or {})} for cell in cells for row in cell.rows])


def main():
    parser = Parser(description=__doc__)
    parser.add_argument("places", nargs="+", metavar="DIR", help="directories with run files, searched to the bottom")
    parser.add_argument("-o", "--out", required=True, type=Path, help="where the report goes; made when it is not there")
    parser.add_argument("--xibench", type=Path, default=FOLDER.parent / "build" / "xibench", help="the program (default: %(default)s)")
    options = parser.parse_args()
    runs, problems = find_runs(options.places)
    for problem in problems:
        say("report", problem)
    tell_odd("report", runs)
    if not runs:
        say("report", f"no complete run file in {', '.join(options.places)}: run the sweep first")
        return 2
    try:
        runs, passed_over = one_per_run(runs)
        if passed_over:
            say("report", f"{passed_over} files are copies or further launches of the same runs: each run counts once")
        table = gap_cells.gap_json(options.xibench, [run.path for run in runs])  # not of the files that were refused
    except RunFileError as error:
        say("report", error)
        return 2
    cells = gap_cells.cells_of(table, runs)
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        write_tables(cells, table, options.out)
        drawn = draw(cells, table, options.out)
        (options.out / "index.html").write_text(page(table["sweep"], cells, table, runs, drawn, problems, options.out), encoding="utf-8")
    except OSError as error:
        say("report", f"{options.out} cannot be written ({error.strerror}): choose another -o")
        return 2
    print(printable(options.out / "index.html"))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
