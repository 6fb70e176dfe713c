"""Phase x target as the paper prints it: a row per target, a column per phase that is controlled while the others average exactly."""

from .effects import finals
from .text import escape

AXIS = "control.in_phase"


def spread(values, metric):
    if not values:
        return "–"
    mean = sum(values) / len(values)
    if len(values) == 1:
        return escape(metric.value(mean))
    sd = (sum((v - mean) ** 2 for v in values) / (len(values) - 1)) ** 0.5
    return escape(f"{metric.value(mean)} ± {metric.value(sd)}")


def value_of(row, metric):
    return spread(list(finals(row, metric).values()), metric)


def section(cells, effects, places, metric):
    """One table per combination of the other axes; "" where no axis is the controlled phase."""
    if metric is None or not any(AXIS in cell.axes for cell in cells):
        return ""
    groups = {}
    for cell, found in zip(cells, effects):
        rest = ", ".join(f"{key.split('.')[-1]} = {value}" for key, value in cell.axes.items() if key != AXIS and len({c.axes[key] for c in cells}) > 1)
        groups.setdefault(rest, []).append((cell, found))
    tables = "".join(one(title, members, places, metric) for title, members in groups.items())
    return ('<h2>Phase × target</h2>' + tables + f'<p class="note">{escape(metric.title)}, mean ± standard deviation over seeds, where one phase is controlled; below it the difference '
            "to the baseline with its 95 % interval. A row that is the same run in every phase stands once.</p>")


def one(title, members, places, metric):
    names = list(dict.fromkeys(row.variant for cell, _ in members for row in cell.rows))
    rows = []
    for name in names:
        found = [next(((row, e) for row, e in zip(cell.rows, effects) if row.variant == name), None) for cell, effects in members]
        same = all(found) and len({tuple(sorted(run.id for run in row.runs)) for row, _ in found}) == 1 and len(found) > 1
        text = [f"{value_of(pair[0], metric)}<br><small class='{pair[1].word}' title=\"{escape(pair[1].text)}\">{escape(pair[1].shown(metric) if pair[1].mean is not None else pair[1].text)}</small>"
                if pair else "missing" for pair in found]
        cells = f'<td colspan="{len(members)}" class="all">{text[0]}</td>' if same else "".join(f"<td>{t}</td>" for t in text)
        rows.append(f'<tr data-v="{places[name]}"><td class=text>{escape(name)}</td>{cells}</tr>')
    head = "".join(f"<th>phase {escape(cell.axes.get(AXIS, ''))}</th>" for cell, _ in members)
    caption = f"<caption>{escape(title)}</caption>" if title else ""
    return f'<div class="wide"><table class="phases">{caption}<thead><tr><th class=text>target</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
