"""One sweep on the page: the sections in their order, and what the scripts need to know of it."""

from dataclasses import dataclass

import rank_order

from . import facts, forest, gap_table, notes, phases, plots, timing, verdict
from .colours import css_of, dash_of
from .effects import effects_of, metric_of
from .text import escape

METRIC_VIEWS = (("metric", None), ("difference", "paired difference"), ("xi", "Ξ after mixing"), ("loss", "training loss"), ("rounds", "gossip rounds"), ("bytes", "bytes sent"))
AXES = (("step", "steps"), ("epoch", "epochs"), ("bytes", "bytes"), ("seconds", "seconds"))


@dataclass
class Sweep:
    """What a report knows of one sweep."""
    name: str
    table: dict     # JSON of xibench gap
    cells: list
    runs: list
    looks: dict     # variant -> look (style.py), in the order of their numbers
    texts: dict     # the gap table as csv, md, tex
    links: list     # tables beside the page
    figures: list   # (what it shows, caption, its files)
    passed_over: int = 0

    def __post_init__(self):
        self.metric = metric_of(self.runs, self.table["delta"])
        self.effects = effects_of(self.cells, self.table["delta"], self.metric)
        self.places = {variant: k for k, variant in enumerate(self.looks)}
        self.warnings = timing.warnings_of(self.cells, self.runs)


def chips(sweep):
    buttons = "".join(f'<button type="button" class="chip" data-n="{k}" aria-pressed="true" style="--c:var(--v{k})"><i></i>{escape(name)}</button>' for k, name in enumerate(sweep.looks))
    return f'<div class="chips" title="click: show or hide in every part; double click: show this one only">{buttons}</div>'


def choice(css, name, options, chosen):
    return f'<label>{name} <select class="{css}">' + "".join(f'<option value="{value}"{" selected" if value == chosen else ""}>{escape(text)}</option>' for value, text in options) + "</select></label>"


def curves_section(sweep):
    metric = sweep.metric
    views = [(key, text or (metric.label if metric else "")) for key, text in METRIC_VIEWS if metric or key not in ("metric", "difference")]
    cell = choice("cell", "cell", [(k, c.label) for k, c in enumerate(sweep.cells)], 0) if len(sweep.cells) > 1 else ""
    tools = (cell + choice("view", "y", views, views[0][0]) + choice("across", "x", AXES, "step") + choice("seeds", "runs", (("interval", "mean, 95 % interval"), ("mean", "mean"), ("each", "every seed")), "interval" if len(sweep.looks) <= 4 else "mean")
             + '<span class="saves"><button type="button" class="save-curves">CSV</button></span>')
    return (f'<h2>Curves</h2><div class="tools js">{tools}</div><div class="curves"><div class="static">{plots.static_curves(sweep.cells, sweep.looks, sweep.places, metric)}</div></div>'
            '<p class="note js">Dotted: phase boundaries; dashed, short: targets. Point at the plot to see all values; drag to zoom, double click to go back. '
            f'<span class="about-points"></span></p>')


def cost_section(sweep):
    plot = plots.cost(sweep.cells, sweep.effects, sweep.places, sweep.metric)
    if not plot:
        return ""
    slider = lambda css, name, low, high: f'<label>{name} <input class="{css}" type="range" min="{low}" max="{high}" step="any"><output></output></label>'
    return (f'<h2>Cost</h2><div class="tools js">{slider("latency", "latency", -7, -1)}{slider("bandwidth", "bandwidth", 5, 12)}<button type="button" class="reset-network">as in the table</button></div>{plot}'
            '<p class="note"><b>Modelled, not measured</b>: seconds = messages of the busiest node × latency + its bytes ÷ bandwidth, with one node per rank; the line joins the arms that no other '
            "arm of their cell beats in both. The sliders also change the modelled seconds of the gap table.</p>")


def further(sweep):
    if sweep.metric is None:
        return ""
    distance, nodes = plots.over_distance(sweep.cells, sweep.places, sweep.metric), plots.over_nodes(sweep.cells, sweep.effects, sweep.looks, sweep.places, sweep.metric)
    return (f'<h2>{escape(sweep.metric.title)} against Ξ</h2><div class="panels">{distance}</div><p class="note">A dot per run.{escape(rank_order.sentence(sweep.cells))}</p>' if distance else "") + (
        f"<h2>Gap against n</h2>{nodes}<p class=\"note\">Lines: the 95 % interval of the paired difference.</p>" if nodes else "")


def figures(sweep):
    """The figures beside the page: the question that each answers, its caption, its files."""
    items = "".join(f'<li><b>{escape(shows)}</b> {escape(caption)} {" ".join(link_to(path) for path in paths)}</li>' for shows, caption, paths in sweep.figures)
    return f'<h2>Figures</h2><ul class="figures">{items}</ul>' if items else ""


def link_to(path):
    return f'<a href="{escape(path)}">{escape(path)}</a>'


def files(sweep):
    return "<h2>Tables</h2><ul>" + "".join(f"<li>{link_to(path)}</li>" for path in sweep.links) + "</ul>"


def html_of(sweep, scope, heading):
    s = sweep
    body = [f"<{heading}>{escape(s.name)}</{heading}>", verdict.section(s.cells, s.effects, s.metric, s.table, s.runs, s.warnings, s.passed_over), chips(s),
            forest.section(s.cells, s.effects, s.places, s.metric, s.table), "<h2>Gap</h2>", gap_table.filters(s.cells, s.effects, scope),
            gap_table.table_html(s.cells, s.effects, s.places, s.metric), notes.notes(s.table, s.metric), gap_table.contrast_table(s.cells, s.table),
            phases.section(s), curves_section(s), cost_section(s), further(s), timing.section(s.cells, s.places, s.warnings, scope),
            facts.section(s.cells, s.runs), figures(s), files(s)]
    return f'<style>{css_of(scope, s.looks)}</style><section class="sweep" id="{scope}">' + "\n".join(body) + "</section>"


def data_of(sweep, curves):
    """What the scripts read. `curves`: one per run, in the order of sweep.runs."""
    at = {run.id: k for k, run in enumerate(sweep.runs)}
    metric, network = sweep.metric, sweep.table["network"]
    cell = lambda c, found: {"label": c.label, "rows": [{"v": sweep.places[row.variant], "base": row.baseline, "mean": 0 if row.baseline else e.mean, "messages": row.gap["traffic"]["serial_messages"],
                             "bytes": row.gap["traffic"]["serial_bytes"], "cut": bool(row.gap["diverged"]), "runs": [at[run.id] for run in row.runs]} for row, e in zip(c.rows, found)]}
    return {"name": sweep.name, "variants": [{"name": name, "dash": dash_of(look)} for name, look in sweep.looks.items()],
            "metric": metric and {"label": metric.label, "unit": metric.unit, "log": metric.log, "higher": metric.higher, "points": metric.points},
            "network": [network["latency_s"], network["bandwidth_bytes_per_s"]], "cells": [cell(c, found) for c, found in zip(sweep.cells, sweep.effects)],
            "runs": curves, "tables": sweep.texts}
