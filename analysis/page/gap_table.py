"""The gap table: six columns first, the rest behind a button; what sorts and filters it is in the rows' data."""

from cells import telling_axes

from .effects import finals, mark
from .text import escape, number, scaled, short, span

MORE = " more"


def distance_mark(gap):
    """Of a largest distance that is not the exact one of all steps."""
    return "" if gap["distance_gauge"] in (None, "exact") and gap["distance_measured_every"] <= 1 else " ‡"


def mean_of(values):
    values = list(values)
    return sum(values) / len(values) if values else None


def modelled(gap):
    return "–" if gap["modelled_s"] is None else f"{gap['modelled_s']:.3g} s"


def columns_of(cells, metric):
    """(name, class, what is shown as HTML, what is sorted by) per column; both are functions of cell, row and effect."""
    telling = telling_axes(cells)
    published, compared = (any(row.gap[key] for cell in cells for row in cell.rows) for key in ("published", "published_difference"))
    by_table = metric is None or metric.judged
    cost = lambda gap, text: text + " †" if gap["diverged"] and text != "–" else text
    value = lambda row: row.gap["score"]["mean"] if by_table else mean_of(finals(row, metric).values())
    unit = f", {metric.unit}" if metric and metric.unit else ""
    named = cells[0].metric  # of the table, where the page may show f − f*
    of_table = f", {named.symbol}" if named.symbol else ""
    node = number if named.percent else (lambda v: "–" if v is None else short(v, 4))

    def metric_cell(_, row, __):
        if not by_table:
            return escape(metric.value(value(row)))
        sd = row.gap["score"]["sd"]
        shown = metric.value if metric else number
        return shown(value(row)) + ("" if sd is None else " ± " + shown(sd))

    verdict = lambda _, row, e: f'<span class="{e.word}" title="{escape(e.why)}">{escape(e.text)}</span>'
    plain = lambda key, write: (lambda _, row, __: cost(row.gap, write(row.gap[key])))
    by = lambda key: (lambda _, row, __: row.gap[key])
    columns = [("variant", "text", lambda _, row, __: escape(row.variant), None)]
    columns += [(escape(key.split(".")[-1]), "text", lambda cell, _, __, key=key: escape(cell.axes[key]), lambda cell, _, __, key=key: cell.axes[key]) for key in telling]
    columns += [("verdict", "text word", verdict, lambda _, __, e: e.text),
                (metric.difference_label if metric else "difference", "", lambda _, __, e: escape(e.shown(metric)) if metric else "–", lambda _, __, e: e.mean),
                ((metric.label if metric else "metric") + unit, "", metric_cell, lambda _, row, __: value(row)),
                ("sent", "cost", plain("bytes_sent", lambda v: scaled(v, "B")), by("bytes_sent")),
                ("modelled", "modelled cost", lambda _, row, __: cost(row.gap, modelled(row.gap)), by("modelled_s"))]
    rest = [("seeds", lambda _, row, __: str(row.gap["score"]["n"] if by_table else len(finals(row, metric))), by("baseline")),
            ("wall, s", plain("wall_s", short), by("wall_s")),
            ("ρ", lambda _, row, __: number((row.gap["difference"] or {}).get("rho")), None),
            (f"node mean{of_table}", lambda _, row, __: node(row.gap["score_nodes_mean"]), by("score_nodes_mean")),
            (f"worst node{of_table}", lambda _, row, __: node(row.gap["score_nodes_worst"]), by("score_nodes_worst")),
            ("rounds", plain("rounds", scaled), by("rounds")),
            ("messages", lambda _, row, __: cost(row.gap, scaled(row.gap["traffic"]["messages"])), lambda _, row, __: row.gap["traffic"]["messages"]),
            ("measured", plain("gauge_bytes_sent", lambda v: scaled(v, "B")), by("gauge_bytes_sent")),
            ("to decide", plain("gauge_bytes_to_decide", lambda v: scaled(v, "B")), by("gauge_bytes_to_decide")),
            ("max Ξ by phase", lambda _, row, __: ", ".join("–" if x is None else f"{x:.3g}{distance_mark(row.gap)}" for x in row.gap["max_distance"]), None)]
    with_status = lambda found, key, **options: f"{number(found[key], **options)} ({escape(found['status'])})" if found else "–"
    if compared:
        rest.append(("published difference", lambda _, row, __: with_status(row.gap["published_difference"], "difference", sign=True), None))
    if published:
        rest.append(("published, %", lambda _, row, __: with_status(row.gap["published"], "accuracy"), None))
    return columns + [(name, MORE, show, key) for name, show, key in rest]


def table_html(cells, effects, places, metric):
    columns = columns_of(cells, metric)
    head = "".join(f'<th class="{css.strip()}" scope="col"><button type="button">{name}</button></th>' for name, css, _, _ in columns)
    lines = []
    for c, (cell, found) in enumerate(zip(cells, effects)):
        for k, (row, effect) in enumerate(zip(cell.rows, found)):
            values = []
            for name, css, show, key in columns:
                order = key(cell, row, effect) if key else None
                sort = "" if order is None else f' data-o="{escape(order)}"'
                values.append(f'<td class="{css.strip()}" data-l="{name}"{sort}>{show(cell, row, effect)}</td>')
            css = ("baseline " if row.baseline else "") + ("first" if k == 0 and c else "")
            lines.append(f'<tr class="{css.strip()}" data-v="{places[row.variant]}" data-c="{c}" data-r="{k}" data-w="{escape(effect.word)}">{"".join(values)}</tr>')
    return f'<table class="gap"><thead><tr>{head}</tr></thead><tbody>\n' + "\n".join(lines) + "\n</tbody></table>"


def filters(cells, effects, number_of_sweep):
    """Buttons and filters; they work with JavaScript only, so they are hidden without."""
    option = lambda value, text: f'<option value="{escape(value)}">{escape(text)}</option>'
    words = {"gap": "gap or diverged", "none": "no gap", "undecided": "undecided"}
    present = [word for word in words if any(e.word == word for found in effects for e in found)]
    cell_filter = f'<label>cell <select class="by-cell">{option("", "all")}{"".join(option(k, cell.label) for k, cell in enumerate(cells))}</select></label>' if len(cells) > 1 else ""
    return (f'<div class="tools js">{cell_filter}<label>verdict <select class="by-word">{option("", "all")}{"".join(option(w, words[w]) for w in present)}</select></label>'
            f'<label>name <input class="by-name" type="search" size="12"></label><button type="button" class="more-columns" aria-pressed="false">all columns</button>'
            '<span class="saves">' + "".join(f'<button type="button" class="save" data-kind="{kind}">{name}</button>' for kind, name in (("csv", "CSV"), ("tex", "LaTeX"), ("md", "Markdown")))
            + "</span></div>")


def contrast_table(cells, table):
    telling, metric = telling_axes(cells), cells[0].metric
    head = [key.split(".")[-1] for key in telling] + ["arm", "against", "verdict", "seeds", "difference" + (f", {metric.points}" if metric.points else ""), "95 % interval", "share of the gap closed", "95 % interval (Fieller)"]
    lines = []
    for group in table["groups"]:
        for contrast in group["contrasts"]:
            d, share = contrast["difference"], contrast["share"] or {"estimate": None, "interval_95": (None, None), "why": ""}
            word = {"gap": "worse" if metric.loss(d["mean"] or 0) > 0 else "better", "no gap larger than delta": f"no difference larger than {table['delta']}"}.get(d["verdict"], d["verdict"])
            signed, plain = (lambda v: number(v, 2, True) if metric.percent else "–" if v is None else metric.number(v, "+").replace("-", "−")), number
            lines.append([escape(group["axes"][key]) for key in telling] + [escape(contrast["arm"]), escape(contrast["against"]),
                         f'<span title="{escape(d["why"])}">{escape(word)}{mark(d)}</span>', str(d["pairs"]), signed(d["mean"]), span(*d["interval_95"], signed),
                         plain(share["estimate"]), f'<span title="{escape(share["why"])}">{span(*share["interval_95"], plain)}</span>'])
    if not lines:
        return ""
    text = len(telling) + 3
    row = lambda tag, values: "<tr>" + "".join(f'<{tag}{" class=text" if k < text else ""}>{v}</{tag}>' for k, v in enumerate(values)) + "</tr>"
    note = (f"Contrasts, asked by the sweep: arm − against, paired by seed; better and worse are the words of the table against δ, * among the contrasts. Share: "
            f"(arm − against) / ({table['baseline'] or 'baseline'} − against).")
    return ('<h3>Contrasts</h3><div class="wide"><table><thead>' + row("th", map(escape, head)) + "</thead><tbody>" + "\n".join(row("td", line) for line in lines)
            + f'\n</tbody></table></div><p class="note">{escape(note)}</p>')
