"""The gap table as text to paste: CSV with all columns, Markdown and LaTeX (booktabs) with those of the page."""

from table_formats import as_csv, latex, markdown

from .effects import finals
from .gap_table import mean_of
from .text import scaled, telling_axes


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


def texts(cells, effects, metric, flat):
    """What the buttons of the gap table save. `flat`: cells.gap_rows."""
    head, rows = rows_of(cells, effects, metric)
    return {"csv": as_csv(flat), "md": as_markdown(head, rows), "tex": as_latex(head, rows)}
