"""A table of texts as Markdown, CSV and LaTeX (booktabs)."""

import csv
import io
import re
from dataclasses import dataclass, field

LATEX = {"\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}",
         "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "−": "$-$", "±": r"$\pm$", "×": r"$\times$", "–": "--", "Ξ": r"$\Xi$", "δ": r"$\delta$",
         "ρ": r"$\rho$", "α": r"$\alpha$", "µ": r"$\mu$", "μ": r"$\mu$", "→": r"$\rightarrow$", "≤": r"$\leq$", "≥": r"$\geq$", "…": r"\ldots{}", "*": r"$^{*}$", "†": r"\dag{}",
         "‡": r"\ddag{}", "\n": " "}


@dataclass
class Table:
    name: str      # of its files
    title: str     # the caption
    head: list     # texts, one per column
    rows: list     # lists of texts
    records: list  # dicts of numbers, for CSV: one per arm and cell, whatever the layout
    texts: int = 1  # so many columns from the left hold texts, the others are set to the right
    groups: list = field(default_factory=list)  # (text, number of columns) above the head; [] without
    notes: list = field(default_factory=list)


def latex(text):
    """The text as pdflatex takes it; Ξ_max as the paper writes it. Letters of other scripts stay: see `other_scripts`."""
    return re.sub(r"(?:Ξ|\$\\Xi\$)\\_max\b", lambda _: r"$\Xi_{\max}$", "".join(LATEX.get(sign, sign) for sign in text))


def markdown(text):
    return "".join("\\" + sign if sign in "\\|`*_<>[]$~" else sign for sign in text).replace("\n", " ")


def other_scripts(text):
    """The signs that pdflatex has no letters for; xelatex and lualatex take them from a font."""
    return sorted({sign for sign in text if ord(sign) > 0x17F})


def as_csv(rows):
    """Dicts as CSV; None and NaN are empty fields."""
    header = list(dict.fromkeys(key for row in rows for key in row))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([["" if row.get(key) is None or row.get(key) != row.get(key) else row[key] for key in header] for row in rows])
    return out.getvalue()


def as_markdown(table):
    """A pipe table below its title. Markdown has one line of heads, so a group stands before each of its columns."""
    above = [text for text, span in table.groups for _ in range(span)] or [""] * len(table.head)
    head = [f"{group}: {text}" if group else text for group, text in zip(above, table.head)]
    line = lambda values: "| " + " | ".join(map(markdown, values)) + " |\n"
    rule = "|" + "".join(" --- |" if k < table.texts else " --: |" for k in range(len(head))) + "\n"
    return f"**{markdown(table.title)}**\n\n" + line(head) + rule + "".join(map(line, table.rows)) + "\n" + "".join(f"- {markdown(note)}\n" for note in table.notes)


def kind_of(table):
    """The float that a table needs: a column of a page, both, or a page on its side. Widths are estimated, at half the size of \\scriptsize per sign."""
    longest = [max(len(row[k]) for row in [table.head, *table.rows]) for k in range(len(table.head))]
    points = sum(3.5 * length + 5 for length in longest)
    return "table" if points < 234 else "table*" if points < 487 else "sidewaystable*"  # ICML's columns: 3.25 and 6.75 in


def as_latex(table):
    """A floating table for \\input."""
    kind = kind_of(table)
    line = lambda values: " & ".join(map(latex, values)) + " \\\\\n"
    body = ""
    if table.groups:
        at, rules = 1, ""
        for text, span in table.groups:
            rules += f"\\cmidrule(lr){{{at}-{at + span - 1}}}" if text else ""
            at += span
        body += " & ".join(f"\\multicolumn{{{span}}}{{c}}{{{latex(text)}}}" for text, span in table.groups) + " \\\\\n" + rules + "\n"
    body += line(table.head) + "\\midrule\n"
    for k, row in enumerate(table.rows):
        body += ("\\addlinespace\n" if k and row[0] else "") * bool(table.rows[k - 1][0] == "") + line(row)
    columns = "l" * table.texts + "r" * (len(table.head) - table.texts)
    notes = " ".join(latex(note[0].upper() + note[1:].rstrip(".")) + "." for note in table.notes)
    text = (f"\\begin{{{kind}}}\n\\centering\n\\caption{{{latex(table.title)}. {notes}}}\n\\label{{tab:{table.name}}}\n\\scriptsize\\setlength{{\\tabcolsep}}{{2.5pt}}\n"
            f"\\begin{{tabular}}{{{columns}}}\n\\toprule\n{body}\\bottomrule\n\\end{{tabular}}\n\\end{{{kind}}}\n")
    strange = other_scripts(text)
    return "% needs \\usepackage{booktabs}" + (" and \\usepackage{rotating}" if kind.startswith("sideways") else "") + (f"; {' '.join(strange)} need xelatex or lualatex" if strange else "") + "\n" + text


def document(names):
    """A document that shows the tables on pages of their own, to look at them."""
    inputs = "".join(f"\\input{{{name}}}\\clearpage\n" for name in names)
    return (f"\\documentclass[10pt]{{article}}\n\\usepackage[a4paper,margin=15mm]{{geometry}}\n\\usepackage{{booktabs,rotating}}\n\\pagestyle{{empty}}\n"
            f"\\begin{{document}}\n{inputs}\\end{{document}}\n")
