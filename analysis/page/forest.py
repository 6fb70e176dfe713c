"""The forest plot: per cell and arm the mean difference to the baseline, its 95 % interval, a dot per seed, the margin, the verdict."""

from .effects import ratio
from .svg import nice_ticks, title
from .text import cut, escape, short

HEAD, FOOT = 26, 40


def limits_of(effects, delta):
    """The axis holds means, dots and margin; an interval of two seeds may be ten times as long, so it may leave the axis by a part only."""
    reach = [0.0] + [x for e in effects if e.mean is not None for x in (e.mean, *e.dots)] + ([-1.3 * delta, 1.3 * delta] if delta else [])
    ends = [x for e in effects if e.low is not None for x in (e.low, e.high)]
    low, high = min(reach), max(reach)
    room = 0.6 * (high - low) or 1.0
    return max(low - room, min(ends + [low])) - 0.06 * room, min(high + room, max(ends + [high])) + 0.06 * room


def percent(v, low, high):
    return f"{100 * (v - low) / (high - low):.1f}%"


def row_svg(effect, low, high):
    """At height 0, in percent of the width. The marks are drawn once for the whole page (svg.MARKS)."""
    at = lambda v: percent(v, low, high)
    out = ""
    if effect.low is not None:
        a, b = at(max(effect.low, low)), at(min(effect.high, high))
        out = f'<line x1="{a}" x2="{b}"/><use href="#{"end" if effect.low >= low else "left"}" x="{a}"/><use href="#{"end" if effect.high <= high else "right"}" x="{b}"/>'
    return out + "".join(f'<circle cx="{at(v)}" r="3"/>' for v in effect.dots) + f'<use href="#mean" x="{at(effect.mean)}"/>'


def forest(cells, effects, places, metric, delta, baseline, narrow):
    """SVG of one width class: `narrow` puts name and verdict above the interval. `places`: variant -> its number, which is that of its colour."""
    shown = [(cell, pairs) for cell, found in zip(cells, effects) if (pairs := [(row, e) for row, e in zip(cell.rows, found) if not row.baseline and (e.mean is not None or e.word == "gap")])]
    margin = delta if metric and metric.judged else None
    if not any(e.mean is not None for _, pairs in shown for _, e in pairs):
        return ""
    low, high = limits_of([e for _, pairs in shown for _, e in pairs], margin)
    left, width, step = (2, 96, 46) if narrow else (25, 38, 30)
    height = sum((HEAD if cell.label else 4) + step * len(pairs) for cell, pairs in shown) + FOOT
    at = lambda v: percent(v, low, high)
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
            name = cut(row.variant, 26 if narrow else 38)
            if effect.mean is not None:
                area.append(f'<g data-v="{places[row.variant]}" transform="translate(0 {middle:g})">{row_svg(effect, low, high)}</g>')
            numbers = effect.shown(metric) if metric and not narrow else metric.difference(effect.mean) if effect.mean is not None else ""
            texts.append(f'<g data-v="{places[row.variant]}"><text y="{line:.0f}">{escape(name)}{title(row.variant) if name != row.variant else ""}</text>'
                         f'<text class="{effect.word}" x="{"100%" if narrow else "66%"}" y="{line:.0f}"{" text-anchor=end" if narrow else ""}>{escape(numbers)} {escape(effect.text)}'
                         f'{"" if narrow else title(effect.why)}</text></g>')
    ticks = "".join(f'<line class="grid" x1="{at(t)}" x2="{at(t)}" y1="0" y2="{y:.0f}"/><text class="tick" x="{at(t)}" y="{y + 16:.0f}" text-anchor="middle">'
                    f'{escape(ratio(10 ** t) if metric.log else short(t))}</text>' for t in nice_ticks(low, high, 4 if narrow else 6))
    label = f"{'ratio' if metric.log else 'difference'} to {baseline}, {metric.label}" + (" (logarithmic)" if metric.log else f" ({metric.points})" if metric.points else "")
    return (f'<svg class="forest {"narrow" if narrow else "broad"}" role="img" aria-label="{escape(label)}" width="100%" height="{height:.0f}">'
            f'<svg x="{left}%" width="{width}%" height="{height:.0f}" overflow="visible" class="area">{"".join(margins)}{ticks}<line class="zero" x1="{at(0)}" x2="{at(0)}" y1="0" y2="{y:.0f}"/>{"".join(area)}</svg>{"".join(texts)}'
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
