"""The forest plot: per cell and arm the mean difference to the baseline, its 95 % interval, a dot per seed, the margin, the verdict."""

from .effects import ratio
from .svg import nice_ticks
from .text import cut, escape, short

HEAD, FOOT = 26, 40


def limits_of(effects, delta):
    """The axis holds means, dots and margin; an interval of two seeds may be ten times as long, so it may leave the axis by a part only."""
    reach = [0.0] + [x for e in effects if e.mean is not None for x in (e.mean, *e.dots)] + ([-1.3 * delta, 1.3 * delta] if delta else [])
    ends = [x for e in effects if e.low is not None for x in (e.low, e.high)]
    low, high = min(reach), max(reach)
    room = 0.6 * (high - low) or 1.0
    return max(low - room, min(ends + [low])) - 0.06 * room, min(high + room, max(ends + [high])) + 0.06 * room


def row_svg(effect, y, colour, low, high):
    at = lambda v: f"{100 * (v - low) / (high - low):.2f}%"
    out = []
    if effect.low is not None:
        a, b = max(effect.low, low), min(effect.high, high)
        out.append(f'<line class="whisker" x1="{at(a)}" x2="{at(b)}" y1="{y}" y2="{y}"/>')
        for end, inside, arrow in ((a, effect.low >= low, "M6-5L0 0L6 5"), (b, effect.high <= high, "M-6-5L0 0L-6 5")):
            out.append(f'<svg x="{at(end)}" y="{y}" overflow="visible"><path class="whisker" d="{"M0-5V5" if inside else arrow}"/></svg>')
    out += [f'<circle class="seed" cx="{at(v)}" cy="{y}" r="3.2" style="stroke:{colour}"/>' for v in effect.dots]
    out.append(f'<svg x="{at(effect.mean)}" y="{y}" overflow="visible"><path class="mean" style="fill:{colour}" d="M-7 0L0-7L7 0L0 7z"/></svg>')
    return "".join(out)


def forest(cells, effects, places, metric, delta, baseline, narrow):
    """SVG of one width class: `narrow` puts name and verdict above the interval. `places`: variant -> its number, which is that of its colour."""
    shown = [(cell, pairs) for cell, found in zip(cells, effects) if (pairs := [(row, e) for row, e in zip(cell.rows, found) if not row.baseline and (e.mean is not None or e.word == "gap")])]
    margin = delta if metric and metric.judged else None
    if not any(e.mean is not None for _, pairs in shown for _, e in pairs):
        return ""
    low, high = limits_of([e for _, pairs in shown for _, e in pairs], margin)
    left, width, step = (2, 96, 46) if narrow else (25, 38, 30)
    height = sum((HEAD if cell.label else 4) + step * len(pairs) for cell, pairs in shown) + FOOT
    at = lambda v: f"{100 * (v - low) / (high - low):.2f}%"
    margins, area, texts, y = [], [], [], 0.0
    for cell, pairs in shown:
        top = y + (HEAD if cell.label else 4)
        if cell.label:
            texts.append(f'<text class="cell" x="0" y="{y + 18:.0f}">{escape(cell.label)}</text>')
        y = top + step * len(pairs)
        if margin:
            margins.append(f'<rect class="margin" x="{at(-margin)}" width="{200 * margin / (high - low):.2f}%" y="{top:.0f}" height="{y - top:.0f}"/>')
        for k, (row, effect) in enumerate(pairs):
            middle = top + step * k + (32 if narrow else step / 2)
            line = middle - 17 if narrow else middle + 4
            colour = f"var(--v{places[row.variant]})"
            if effect.mean is not None:
                area.append(f'<g data-v="{places[row.variant]}">{row_svg(effect, middle, colour, low, high)}</g>')
            numbers = effect.shown(metric) if metric and not narrow else metric.difference(effect.mean) if effect.mean is not None else ""
            texts.append(f'<g data-v="{places[row.variant]}"><text x="0" y="{line:.0f}">{escape(cut(row.variant, 26 if narrow else 38))}<title>{escape(row.variant)}</title></text>'
                         f'<text class="{effect.word}" x="{"100%" if narrow else "66%"}" y="{line:.0f}"{" text-anchor=end" if narrow else ""}>{escape(numbers)} {escape(effect.text)}'
                         f'<title>{escape(effect.why)}</title></text></g>')
    ticks = "".join(f'<line class="grid" x1="{at(t)}" x2="{at(t)}" y1="0" y2="{y:.0f}"/><text class="tick" x="{at(t)}" y="{y + 16:.0f}" text-anchor="middle">'
                    f'{escape(ratio(10 ** t) if metric.log else short(t))}</text>' for t in nice_ticks(low, high, 4 if narrow else 6))
    label = f"{'ratio' if metric.log else 'difference'} to {baseline}, {metric.label}" + (" (logarithmic)" if metric.log else f" ({metric.points})" if metric.points else "")
    return (f'<svg class="forest {"narrow" if narrow else "broad"}" role="img" aria-label="{escape(label)}" width="100%" height="{height:.0f}">'
            f'<svg x="{left}%" width="{width}%" height="{height:.0f}" overflow="visible">{"".join(margins)}{ticks}<line class="zero" x1="{at(0)}" x2="{at(0)}" y1="0" y2="{y:.0f}"/>{"".join(area)}</svg>{"".join(texts)}'
            f'<text class="axis" x="{left + width / 2}%" y="{y + 34:.0f}" text-anchor="middle">{escape(cut(label, 54 if narrow else 90))}</text></svg>')


def section(cells, effects, places, metric, table):
    baseline, delta = table["baseline"] or "the baseline", table["delta"]
    drawn = "".join(forest(cells, effects, places, metric, delta, baseline, narrow) for narrow in (False, True))
    if not drawn:
        return ""
    margin = f' Shaded: the margin δ = ± {metric.amount(delta)}.' if delta and metric.judged else ""
    worse = "Left: fewer points" if metric.percent and metric.higher else f"{'Left: smaller' if metric.higher else 'Right: larger'} {escape(metric.label)}"
    return (f'<h3>How far from {escape(baseline)}</h3>{drawn}<p class="note">Diamond: mean of the differences paired by seed; circles: seeds; line: 95 % t interval '
            f"(an arrow leaves the axis).{margin} {worse} than {escape(baseline)}.</p>")
