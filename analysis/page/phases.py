"""Phase x target in the paper's layout, as HTML: the table is that of phase_table.py."""

import phase_table
import table_data

from .text import escape


def section(sweep):
    """"" where the sweep does not control one phase at a time."""
    if sweep.metric is None:
        return ""
    table = phase_table.phase_by_target(table_data.arms_of(sweep.cells, sweep.effects, sweep.table), sweep.metric, sweep.table)
    if table is None:
        return ""
    places = {phase_table.written(variant): place for variant, place in sweep.places.items()}
    of_variant = [places.get(text) if k >= table.texts else None for k, text in enumerate(table.head)]

    def line(tag, values):
        marks = ["" if place is None else f' data-v="{place}"' for place in of_variant]
        return "<tr>" + "".join(f"<{tag}{' class=text' if k < table.texts else ''}{marks[k]}>{escape(value)}</{tag}>" for k, value in enumerate(values)) + "</tr>"

    groups = "<tr>" + "".join(f'<th colspan="{span}" class="all">{escape(text)}</th>' for text, span in table.groups if span) + "</tr>"
    return (f'<h2>Phase × target</h2><div class="wide"><table class="phases"><thead>{groups}{line("th", table.head)}</thead><tbody>'
            + "".join(line("td", row) for row in table.rows) + "</tbody></table></div>" + "".join(f'<p class="note">{escape(note)}.</p>' for note in table.notes))
