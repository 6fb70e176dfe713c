"""Numbers and names as text of the page."""

import html


def escape(value):
    return html.escape(str(value))


def number(value, decimals=2, sign=False):
    if value is None or value != value:
        return "–"
    return f"{value:{'+' if sign else ''}.{decimals}f}".replace("-", "−")


def short(value, digits=3):
    """A few digits, as 0.0123 or 4.56e-7."""
    if value is None or value != value:
        return "–"
    return (f"{value:.0f}" if 10 ** digits <= abs(value) < 1e6 else f"{value:.{digits}g}").replace("-", "−")


def scaled(value, unit=""):
    for prefix, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value is not None and value >= 10 * size or value is not None and unit and value >= size:
            return f"{value / size:.3g} {prefix}{unit}"
    return "–" if value is None else f"{value:.0f} {unit}".strip()


def span(low, high, write):
    return "–" if low is None or low != low else f"{write(low)} to {write(high)}"


def cut(name, length):
    return name if len(name) <= length else name[:length - 1] + "…"


def html_table(head, rows, css=""):
    """A plain table; `head` and `rows` hold HTML. The first column is text."""
    line = lambda tag, row: "<tr>" + "".join(f"<{tag}{' class=text' if k == 0 else ''}>{value}</{tag}>" for k, value in enumerate(row)) + "</tr>"
    return f'<div class="wide"><table class="{css}"><thead>{line("th", head)}</thead><tbody>' + "\n".join(line("td", row) for row in rows) + "</tbody></table></div>"
