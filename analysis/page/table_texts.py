"""The gap table as text to paste: CSV with all columns, Markdown and LaTeX (booktabs) with those of the page."""

import csv
import io

from .gap_table import mean_of
from .effects import finals
from .text import scaled, telling_axes

LATEX = {"\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
         "<": r"\textless{}", ">": r"\textgreater{}", "−": "$-$", "±": r"$\pm$", "×": r"$\times$", "–": "--", "Ξ": r"$\Xi$", "δ": r"$\delta$", "*": r"$^{*}$"}


def latex(text):
    return "".join(LATEX.get(sign, sign) for sign in text)


def markdown(text):
    return "".join("\\" + sign if sign in "\\|`*_<>[]$~" else sign for sign in text).replace("\n", " ")


def rows_of(cells, effects, metric):
    """(head, rows), all text."""
    telling = telling_axes(cells)
    head = [key.split(".")[-1] for key in telling] + ["variant", (metric.label + (f", {metric.unit}" if metric.unit else "")) if metric else "metric", "difference [95 % interval]",
            "verdict", "seeds", "sent"]
    rows = []
    for cell, found in zip(cells, effects):
        for row, effect in zip(cell.rows, found):
            values = list(finals(row, metric).values()) if metric else []
            rows.append([*(str(cell.axes[key]) for key in telling), row.variant, metric.value(mean_of(values)) if metric and not row.gap["diverged"] else "–",
                         effect.shown(metric) if metric else "–", effect.text, str(len(values)), scaled(row.gap["bytes_sent"], "B")])
    return head, rows


def as_markdown(head, rows):
    line = lambda values: "| " + " | ".join(map(markdown, values)) + " |\n"
    return line(head) + "|" + " --- |" * len(head) + "\n" + "".join(map(line, rows))


def as_latex(head, rows):
    line = lambda values: " & ".join(map(latex, values)) + " \\\\\n"
    return "\\begin{tabular}{" + "l" * len(head) + "}\n\\toprule\n" + line(head) + "\\midrule\n" + "".join(map(line, rows)) + "\\bottomrule\n\\end{tabular}\n"


def as_csv(rows):
    """Rows as dicts, as cells.write_csv writes them."""
    header = list(dict.fromkeys(key for row in rows for key in row))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([["" if row.get(key) is None or row.get(key) != row.get(key) else row[key] for key in header] for row in rows])
    return out.getvalue()


def texts(cells, effects, metric, flat):
    """What the buttons of the gap table save. `flat`: cells.gap_rows."""
    head, rows = rows_of(cells, effects, metric)
    return {"csv": as_csv(flat), "md": as_markdown(head, rows), "tex": as_latex(head, rows)}
